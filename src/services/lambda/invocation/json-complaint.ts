const VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
/** Jackson's own bounds. */
const SOURCE_CHARACTERS_MAX = 500;
const TOKEN_CHARACTERS_MAX = 256;
const NESTING_MAX = 1_000;

const isNamePart = (character: string): boolean => /[\p{L}\p{N}_$]/u.test(character);

const shown = (character: string): string => {
  const code = character.charCodeAt(0);
  return code < 0x20 ? `(CTRL-CHAR, code ${code})` : `'${character}' (code ${code})`;
};

/** What is wrong with a text that is no JSON, and after which character it was seen. */
interface Complaint {
  what: string;
  at: number;
}

/** `[Source: (byte[])"test"; line: 1, column: 5]` */
const placeIn = (text: string, at: number): string => {
  const before = text.slice(0, at).split("\n");
  const source = text.length > SOURCE_CHARACTERS_MAX ? `${text.slice(0, SOURCE_CHARACTERS_MAX)}"[truncated ${text.length - SOURCE_CHARACTERS_MAX} bytes]` : `${text}"`;
  return `[Source: (byte[])"${source}; line: ${before.length}, column: ${before.at(-1)!.length + 1}]`;
};

/**
 * The words of the parser that AWS uses (Jackson's) about a text that is no JSON, with their place:
 * `Unrecognized token 'test': was expecting (JSON String, …)\n at [Source: (byte[])"test"; line: 1, column: 5]`.
 */
export const jsonComplaint = (text: string): string => {
  const { what, at } = findFault(text, (place) => placeIn(text, place));
  return `${what}\n at ${placeIn(text, at)}`;
};

const REPLACEMENT = "\ufffd";
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/** The same about bytes that are no UTF-8: `Invalid UTF-8 start byte 0xa7`. */
export const utf8Complaint = (bytes: Buffer): string => {
  const text = bytes.toString("utf8");
  let index = -1;
  let fault = 0;
  // Up to the first byte that is wrong, text and bytes go together; a replacement character may have been sent as one.
  do {
    const next = text.indexOf(REPLACEMENT, index + 1);
    fault += Buffer.byteLength(text.slice(index + 1, next)) + (index < 0 ? 0 : REPLACEMENT_BYTES.length);
    index = next;
  } while (bytes.subarray(fault, fault + REPLACEMENT_BYTES.length).equals(REPLACEMENT_BYTES));
  const isStart = bytes[fault]! >= 0xc2 && bytes[fault]! <= 0xf4;
  const wrong = isStart ? bytes[fault + 1] : bytes[fault];
  const what = wrong === undefined ? "Unexpected end-of-input in the middle of a character" : `Invalid UTF-8 ${isStart ? "middle" : "start"} byte 0x${wrong.toString(16)}`;
  return `${what}\n at ${placeIn(text, index + 1)}`;
};

const findFault = (text: string, place: (at: number) => string): Complaint => {
  let at = 0;
  /** Brackets that are open: `{` or `[`, and where. */
  const open: { kind: "Object" | "Array"; at: number }[] = [];

  const unexpected = (expected: string): Complaint => ({ what: `Unexpected character (${shown(text[at]!)}): ${expected}`, at: at + 1 });
  const numeral = (after: number, expected: string): Complaint =>
    after < text.length ? { what: `Unexpected character (${shown(text[after]!)}) in numeric value: ${expected}`, at: after + 1 } : { what: "Unexpected end-of-input within/between NUMBER entries", at: after };
  const ended = (): Complaint => {
    const inner = open.at(-1);
    const what = inner === undefined ? "No content to map due to end-of-input" : `Unexpected end-of-input: expected close marker for ${inner.kind} (start marker at ${place(inner.at)})`;
    return { what, at: text.length };
  };
  const skipBlanks = () => {
    while (at < text.length && " \t\r\n".includes(text[at]!)) at++;
  };
  /** Moves past a string; a complaint when it is none. */
  const string = (): Complaint | undefined => {
    for (at++; at < text.length; at++) {
      const character = text[at]!;
      if (character === '"') return void at++;
      if (character < " ") return { what: `Illegal unquoted character (${shown(character)}): has to be escaped using backslash to be included in string value`, at: at + 1 };
      if (character !== "\\") continue;
      const escaped = text[++at];
      if (escaped === undefined) break;
      if (!'"\\/bfnrtu'.includes(escaped)) return { what: `Unrecognized character escape ${shown(escaped)}`, at: at + 1 };
    }
    return { what: "Unexpected end-of-input: was expecting closing quote for a string value", at: text.length };
  };
  const token = (): Complaint | undefined => {
    const [word = ""] = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|null|true|false)/.exec(text.slice(at)) ?? [];
    const next = text[at + word.length] ?? " ";
    if (word !== "" && next !== "." && !isNamePart(next)) return void (at += word.length);
    const [number = ""] = /^-?\d*\.?/.exec(text.slice(at)) ?? [];
    if (number === "-" || number.endsWith(".")) return numeral(at + number.length, number === "-" ? "expected digit (0-9) to follow minus sign, for valid numeric value" : "Decimal point not followed by a digit");
    if (/^-?0\d/.test(text.slice(at))) return { what: "Invalid numeric value: Leading zeroes not allowed", at: at + 2 };
    if ("}]".includes(text[at]!)) return unexpected("expected a value");
    if (!isNamePart(text[at]!)) return unexpected(`expected a valid value ${VALUE}`);
    let end = at;
    while (end < text.length && end - at < TOKEN_CHARACTERS_MAX && isNamePart(text[end]!)) end++;
    return { what: `Unrecognized token '${text.slice(at, end)}${end - at === TOKEN_CHARACTERS_MAX ? "..." : ""}': was expecting ${VALUE}`, at: Math.min(end + 1, text.length) };
  };
  const fieldName = (): Complaint | undefined => {
    skipBlanks();
    if (at >= text.length) return ended();
    if (text[at] !== '"') return unexpected("was expecting double-quote to start field name");
    const fault = string();
    if (fault !== undefined) return fault;
    skipBlanks();
    if (at >= text.length) return ended();
    if (text[at] !== ":") return unexpected("was expecting a colon to separate field name and value");
    at++;
    return undefined;
  };
  /** After a value: closes what ends here, and says whether another value is due. */
  const afterValue = (): Complaint | "value" | "end" => {
    for (;;) {
      skipBlanks();
      const inner = open.at(-1);
      if (inner === undefined) return at < text.length ? { what: `Trailing token (of type ${shown(text[at]!)}) found after value`, at: at + 1 } : "end";
      if (at >= text.length) return ended();
      if (text[at] === ",") {
        at++;
        return (inner.kind === "Object" ? fieldName() : undefined) ?? "value";
      }
      if (text[at] !== (inner.kind === "Object" ? "}" : "]")) return unexpected(`was expecting comma to separate ${inner.kind} entries`);
      at++;
      open.pop();
    }
  };

  for (;;) {
    skipBlanks();
    if (at >= text.length) return ended();
    const character = text[at]!;
    if (character === "{" || character === "[") {
      if (open.length === NESTING_MAX) return { what: `Document nesting depth (${NESTING_MAX + 1}) exceeds the maximum allowed (${NESTING_MAX}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`, at: at + 1 };
      open.push({ kind: character === "{" ? "Object" : "Array", at });
      at++;
      skipBlanks();
      if (text[at] !== (character === "{" ? "}" : "]")) {
        const fault = character === "{" ? fieldName() : undefined;
        if (fault !== undefined) return fault;
        continue;
      }
      at++;
      open.pop();
    } else {
      const fault = character === '"' ? string() : token();
      if (fault !== undefined) return fault;
    }
    const next = afterValue();
    if (typeof next === "object") return next;
    if (next === "end") return { what: "The text is not JSON", at };
  }
};
