/** Where each byte of a text continues when the next one does not fit (Knuth, Morris, Pratt). */
const failuresOf = (text: string): Uint32Array => {
  const failures = new Uint32Array(text.length);
  let matched = 0;
  for (let index = 1; index < text.length; index++) {
    while (matched > 0 && text.charCodeAt(index) !== text.charCodeAt(matched)) matched = failures[matched - 1]!;
    if (text.charCodeAt(index) === text.charCodeAt(matched)) matched++;
    failures[index] = matched;
  }
  return failures;
};

export const startsWith = (view: Uint8Array, from: number, to: number, text: string): boolean => {
  if (to - from < text.length) return false;
  for (let index = 0; index < text.length; index++) if (view[from + index] !== text.charCodeAt(index)) return false;
  return true;
};

export const endsWith = (view: Uint8Array, from: number, to: number, text: string): boolean => to - from >= text.length && startsWith(view, to - text.length, to, text);

/** A text between two stars, looked for byte by byte: none is looked at twice. */
class Between {
  readonly text: string;
  readonly #failures: Uint32Array;

  constructor(text: string) {
    this.text = text;
    this.#failures = failuresOf(text);
  }

  /** Where its first occurrence ends; -1 without one. */
  behind(view: Uint8Array, from: number, to: number): number {
    const { text } = this;
    let matched = 0;
    for (let at = from; at < to; at++) {
      const byte = view[at]!;
      while (matched > 0 && byte !== text.charCodeAt(matched)) matched = this.#failures[matched - 1]!;
      if (byte === text.charCodeAt(matched) && ++matched === text.length) return at + 1;
    }
    return -1;
  }
}

/** A wildcard over bytes. Its pieces are looked for from left to right, so that it takes as many steps as the text has bytes. */
export class WildcardBytes {
  readonly first: string;
  readonly last: string | undefined;
  readonly between: readonly Between[];

  /** `pieces`: their bytes. */
  constructor(pieces: readonly string[]) {
    this.first = pieces[0]!;
    this.last = pieces.length > 1 ? pieces.at(-1) : undefined;
    this.between = pieces.slice(1, -1).map((text) => new Between(text));
  }

  fits(view: Uint8Array, from: number, to: number): boolean {
    const { first, last } = this;
    if (!startsWith(view, from, to, first)) return false;
    if (last === undefined) return to - from === first.length;
    const end = to - last.length;
    let at = from + first.length;
    if (end < at || !endsWith(view, from, to, last)) return false;
    for (const piece of this.between) {
      at = piece.behind(view, at, end);
      if (at < 0) return false;
    }
    return true;
  }
}
