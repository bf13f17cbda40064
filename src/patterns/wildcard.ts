import { InvalidPattern } from "./errors.ts";

/** AWS counts bytes, and the quotation mark before the text. */
const position = (text: string, index: number): number => Buffer.byteLength(text.slice(0, index)) + 1;

/** The literal texts between the stars; `\*` and `\\` stand for themselves. Throws InvalidPattern, without a place. */
export const piecesOf = (text: string): string[] => {
  const found = [""];
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === "*") {
      if (text[index + 1] === "*") throw new InvalidPattern(`Consecutive wildcard characters at pos ${position(text, index)}`);
      found.push("");
    } else if (character === "\\") {
      const escaped = text[index + 1];
      if (escaped !== "*" && escaped !== "\\") throw new InvalidPattern(`Invalid escape character at pos ${position(text, index)}`);
      found[found.length - 1] += escaped;
      index++;
    } else found[found.length - 1] += character;
  }
  return found;
};

/** `*` stands for any text. The literal texts are looked for from left to right. */
export const fitsPieces = (text: string, [first = "", ...rest]: readonly string[]): boolean => {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const literal of rest) {
    const found = text.indexOf(literal, at);
    if (found < 0 || found + literal.length > end) return false;
    at = found + literal.length;
  }
  return true;
};
