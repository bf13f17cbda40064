const encodePath = (value: string): string => value.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/g, encodeURIComponent);

/** A client's `..` must not lead out of the path that the API's owner wrote; an URL takes its encoded forms for it, too. */
const LEADS_ELSEWHERE = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** What a client gave for a place in a path, as it may stand there; undefined when it leads out of it. */
export const pathValue = (value: string): string | undefined => (LEADS_ELSEWHERE.test(value) ? undefined : encodePath(value));
