import { PATTERN_DEPTH_MAX } from "../kit/limits/patterns.ts";
import { PatternText, type Position } from "./pattern-text.ts";

/** `name` is a field's, with what follows it already looked at; `end` comes behind the outermost value, and whatever else stands there is not read. */
export type Token = "{" | "}" | "[" | "]" | "name" | "string" | "number" | "true" | "false" | "null" | "end";

interface Scope {
  kind: "Object" | "Array";
  start: Position;
  isBegun: boolean;
}

const CLOSES = { Object: "}", Array: "]", root: "]" } as const;
/** What AWS's reader takes to be open where nothing is. */
const ROOT = { kind: "root", start: { line: 1, column: 0 } } as const;
const A_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/**
 * Reads a pattern's JSON token by token, as the reader that AWS uses does (Jackson): what is wrong is complained of in the order in which it stands there, and where a
 * complaint says that it is, is as far as that reader would have come: behind a name it has seen how the value begins; of a text it has seen the first quotation mark until the text is asked for.
 */
export class PatternReader {
  readonly #text: PatternText;
  readonly #scopes: Scope[] = [];
  /** The value behind a name. */
  #ahead: Token | undefined;
  #aheadStart: Position | undefined;
  #isTextUnread = false;
  #string = "";
  token: Token = "end";
  /** Of the last `name`. */
  name = "";
  /** Of the last `number`. */
  number = 0;

  constructor(json: string) {
    this.#text = new PatternText(json);
  }

  /** Throws InvalidPattern, with the place. */
  fail(reason: string): never {
    return this.#text.fail(reason);
  }

  /** What an error that AWS wraps in another one says once more. */
  get place(): string {
    return this.#text.place();
  }

  /** Of the last `string`. */
  get string(): string {
    if (this.#isTextUnread) {
      this.#isTextUnread = false;
      this.#string = this.#text.takeString("string value");
    }
    return this.#string;
  }

  next(): Token {
    if (this.#ahead !== undefined) return this.#enter(this.#takeAhead());
    void this.string;
    this.#text.skipSpace();
    const scope = this.#scopes.at(-1);
    if (this.#text.next === "") return this.#atEnd(scope);
    if (this.#text.next === "}" || this.#text.next === "]") return this.#close(scope);
    if (scope?.isBegun === true) this.#takeComma(scope);
    if (scope !== undefined) scope.isBegun = true;
    if (scope?.kind === "Object") return this.#takeName();
    const start = this.#text.position;
    return this.#enter(this.#takeValue(), start);
  }

  #takeAhead(): Token {
    const token = this.#ahead!;
    this.#ahead = undefined;
    return token;
  }

  #enter(token: Token, start = this.#aheadStart!): Token {
    if (token === "{" || token === "[") this.#open(token === "{" ? "Object" : "Array", start);
    this.token = token;
    return token;
  }

  #open(kind: Scope["kind"], start: Position): void {
    this.#scopes.push({ kind, start, isBegun: false });
    if (this.#scopes.length > PATTERN_DEPTH_MAX) this.fail(`Document nesting depth (${this.#scopes.length}) exceeds the maximum allowed (${PATTERN_DEPTH_MAX}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`);
  }

  #atEnd(scope: Scope | undefined): Token {
    if (scope !== undefined) this.fail(`Unexpected end-of-input: expected close marker for ${scope.kind} (start marker at ${this.#text.place(scope.start)})`);
    this.token = "end";
    return this.token;
  }

  #close(scope: Scope | undefined): Token {
    const close = this.#text.take() as "}" | "]";
    const { kind, start } = scope ?? ROOT;
    if (CLOSES[kind] !== close) this.fail(`Unexpected close marker '${close}': expected '${CLOSES[kind]}' (for ${kind} starting at ${this.#text.place(start)})`);
    this.#scopes.pop();
    this.token = close;
    return close;
  }

  #takeComma({ kind }: Scope): void {
    this.#takeOnly(",", `comma to separate ${kind} entries`);
    this.#skipWithin(kind);
  }

  #takeOnly(character: string, expected: string): void {
    if (this.#text.next !== character) this.#text.refuse(`was expecting ${expected}`);
    this.#text.take();
  }

  #skipWithin(kind: Scope["kind"]): void {
    this.#text.skipSpace();
    if (this.#text.next === "") this.fail(`Unexpected end-of-input within/between ${kind} entries`);
  }

  #takeName(): Token {
    this.#takeOnly('"', "double-quote to start field name");
    this.name = this.#text.takeString("name");
    this.#skipWithin("Object");
    this.#takeOnly(":", "a colon to separate field name and value");
    this.#skipWithin("Object");
    this.#aheadStart = this.#text.position;
    this.#ahead = this.#takeValue();
    this.token = "name";
    return this.token;
  }

  #takeValue(): Token {
    const first = this.#text.next;
    if (first === "{" || first === "[") return this.#text.take() as Token;
    if (first === '"') {
      this.#text.take();
      this.#isTextUnread = true;
      return "string";
    }
    if (/[-0-9]/.test(first)) {
      this.number = this.#text.takeNumber();
      return "number";
    }
    const word = this.#text.takeAll(/[\p{L}\p{Nl}\p{Sc}\p{Pc}][\p{L}\p{Nl}\p{Nd}\p{Sc}\p{Pc}\p{Mn}\p{Mc}]*/uy);
    if (word === "true" || word === "false" || word === "null") return word;
    if (word !== undefined) this.#text.fail(`Unrecognized token '${word}': was expecting ${A_VALUE}`);
    return this.#text.refuse(first === "}" ? "expected a value" : `expected a valid value ${A_VALUE}`);
  }
}
