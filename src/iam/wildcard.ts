/**
 * `*` for any text and `?` for one character, everything else itself. Goes back to the last `*` only, so it takes at most
 * pattern × text steps, whatever the pattern: no expression of a caller's can hold the server.
 */
export const matchesWildcard = (pattern: string, text: string): boolean => {
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === "*") {
      star = p++;
      starText = t;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
};

const ARN_PARTS = 6;

/** The first five parts one by one, the sixth with all its colons: a `*` in one part does not reach into the next. */
const arnParts = (text: string): string[] => {
  const parts = text.split(":");
  return parts.length < ARN_PARTS ? parts : [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(":")];
};

/** ArnLike: each of the six parts by itself. A pattern that is no ARN (`*`) matches as a whole text. */
export const matchesArn = (pattern: string, arn: string): boolean => {
  if (pattern === "*") return true;
  const wanted = arnParts(pattern);
  const actual = arnParts(arn);
  return wanted.length === ARN_PARTS && actual.length === ARN_PARTS && wanted.every((part, index) => matchesWildcard(part, actual[index]!));
};
