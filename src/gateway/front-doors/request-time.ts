const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (value: number): string => String(value).padStart(2, "0");

/** `12/Mar/2020:19:03:58 +0000`, as access logs write it. */
export const requestTime = (ms: number): string => {
  const at = new Date(ms);
  return `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]!}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
};
