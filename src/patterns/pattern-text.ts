import { InvalidPattern } from "./errors.ts";

/** Characters of a pattern that a complaint repeats. */
const SHOWN = 500;

export interface Position {
  line: number;
  column: number;
}

/** Not of the end. */
const isControl = (character: string): boolean => character !== "" && character < " ";

const shown = (text: string): string => {
  const part = text.slice(0, SHOWN).replaceAll(/[\u0000-\u0009\u000B\u000C\u000E-\u001F]/g, (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
  return text.length > SHOWN ? `"${part}"[truncated ${text.length - SHOWN} chars]` : `"${part}"`;
};

const nameOf = (character: string): string => {
  const code = character.charCodeAt(0);
  if (isControl(character)) return `(CTRL-CHAR, code ${code})`;
  return code > 0xff ? `'${character}' (code ${code} / 0x${code.toString(16)})` : `'${character}' (code ${code})`;
};

const ESCAPED: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const HEX_DIGITS = 4;

/** The characters of a pattern, one after the other. It complains as AWS does: with the text, and how far it has come in it. */
export class PatternText {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Of the character that is next. */
  get position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** Empty at the end. */
  get next(): string {
    return this.#text[this.#at] ?? "";
  }

  place({ line, column } = this.position): string {
    return `[Source: (String)${shown(this.#text)}; line: ${line}, column: ${column}]`;
  }

  fail(reason: string, position?: Position): never {
    const place = this.place(position);
    throw new InvalidPattern(`${reason}\n at ${place}`, place);
  }

  /** The character that is next, which AWS's reader has taken when it complains. */
  refuse(expected: string): never {
    const refused = this.#takeRefused();
    return this.fail(`Unexpected character (${nameOf(refused)}): ${refused === "/" ? "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)" : expected}`);
  }

  take(): string {
    const taken = this.next;
    this.#at++;
    if (taken === "\n" || (taken === "\r" && this.next !== "\n")) {
      this.#line++;
      this.#lineStart = this.#at;
    }
    return taken;
  }

  /** A line's end that is refused ends no line. */
  #takeRefused(): string {
    const refused = this.next;
    this.#at += refused.length;
    return refused;
  }

  skipSpace(): void {
    while (this.next === " " || this.next === "\t" || this.next === "\n" || this.next === "\r") this.take();
    if (isControl(this.next)) this.fail(`Illegal character (${nameOf(this.#takeRefused())}): only regular white space (\\r, \\n, \\t) is allowed between tokens`);
  }

  /** The longest text that the expression (sticky) fits; undefined where it fits none. */
  takeAll(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** From behind the quotation mark that opens to behind the one that closes. */
  takeString(kind: "name" | "string value"): string {
    let value = "";
    for (;;) {
      const part = this.takeAll(/[^"\\\u0000-\u001F]+/y);
      if (part !== undefined) value += part;
      if (this.next === "") this.fail(kind === "name" ? "Unexpected end-of-input in field name" : "Unexpected end-of-input: was expecting closing quote for a string value");
      if (isControl(this.next)) this.fail(`Illegal unquoted character (${nameOf(this.#takeRefused())}): has to be escaped using backslash to be included in ${kind}`);
      if (this.take() === '"') return value;
      value += this.#takeEscape();
    }
  }

  #takeEscape(): string {
    if (this.next === "u") {
      this.take();
      return String.fromCharCode(this.#takeHex());
    }
    if (this.next === "") this.fail("Unexpected end-of-input in character escape sequence");
    if (!Object.hasOwn(ESCAPED, this.next)) this.fail(`Unrecognized character escape ${nameOf(this.#takeRefused())}`);
    return ESCAPED[this.take()]!;
  }

  #takeHex(): number {
    let code = 0;
    for (let digit = 0; digit < HEX_DIGITS; digit++) {
      if (this.next === "") this.fail("Unexpected end-of-input in character escape sequence");
      if (!/[0-9a-fA-F]/.test(this.next)) this.fail(`Unexpected character (${nameOf(this.#takeRefused())}): expected a hex-digit for character escape sequence`);
      code = code * 16 + Number.parseInt(this.take(), 16);
    }
    return code;
  }

  takeNumber(): number {
    const sign = this.next === "-" ? this.take() : "";
    if (this.next === "") this.fail("Unexpected end-of-inputNo digit following minus sign");
    if (!/[0-9]/.test(this.next)) this.fail(`Unexpected character (${nameOf(this.#takeRefused())}) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value`);
    const whole = this.takeAll(/0|[1-9][0-9]*/y)!;
    if (/[0-9]/.test(this.next)) this.fail("Invalid numeric value: Leading zeroes not allowed");
    const { line, column } = this.position;
    const fraction = this.takeAll(/\.[0-9]*/y) ?? "";
    const refuse = (complaint: string): never => this.fail(`Unexpected character (${nameOf(this.next || fraction)}) in numeric value: ${complaint}`, { line, column: column + 1 });
    if (fraction === ".") refuse("Decimal point not followed by a digit");
    const exponent = this.takeAll(/[eE][+-]?[0-9]*/y) ?? "";
    if (exponent === "" || /[0-9]$/.test(exponent)) return Number(`${sign}${whole}${fraction}${exponent}`);
    return this.next === "" ? this.fail("Unexpected end-of-inputexpected a digit for number exponent") : refuse("Exponent indicator not followed by a digit");
  }
}
