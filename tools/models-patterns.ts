/**
 * The models' patterns are Java's. This gives the same one as JavaScript reads it with the `u` flag: escapes that
 * Java tolerates are dropped, a dash beside a class escape is escaped, POSIX classes and a leading `(?i)` are spelled out.
 * Throws SyntaxError when that is still no pattern.
 */
export function toJavaScriptPattern(pattern: string): string {
  const isCaseless = pattern.startsWith("(?i)");
  const body = translate(isCaseless ? pattern.slice(4) : pattern);
  const result = isCaseless ? `(?i:${body})` : body;
  return RegExp(`^(?:${result})$`, "u") && result;
}

const posixClasses: Record<string, string> = { "\\p{Print}": "\\x20-\\x7E", "\\p{Graph}": "\\x21-\\x7E", "\\p{ASCII}": "\\x00-\\x7F", "\\p{Alnum}": "a-zA-Z0-9" };

function translate(pattern: string): string {
  let out = "";
  let isInClass = false;
  let wasClassEscape = false;
  for (const [token] of pattern.matchAll(/\\[pP]\{\w+\}|\\x\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\.|[^\\]/gsu)) {
    const isDash = isInClass && token === "-";
    if (isDash && wasClassEscape) out += "\\-";
    else out += translateToken(token, isInClass);
    wasClassEscape = /^\\(?:[wWdDsS]$|[pP]\{)/.test(token);
    if (token === "[") isInClass = true;
    if (token === "]") isInClass = false;
  }
  return out;
}

function translateToken(token: string, isInClass: boolean): string {
  const posix = posixClasses[token];
  if (posix !== undefined) return isInClass ? posix : `[${posix}]`;
  if (!/^\\[^a-zA-Z0-9]$/.test(token)) return token;
  const character = token.slice(1);
  const isNeeded = "^$\\.*+?()[]{}|/".includes(character) || (isInClass && character === "-");
  return isNeeded ? token : character;
}
