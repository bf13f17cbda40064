/** `CustomCount1` is Custom, Count and 1: case, digits and whatever is neither part them. */
const tokensOf = (text: string): string[] => text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\x00-\x7f]+/g) ?? [];
const lowerCase = (text: string): string => text.toLowerCase();

type Tokenize = (text: string) => string[];

const TOKENS_KEPT_MAX = 5_000;

/** Each term of a search asks for the tokens of the same names. */
const remembering = (tokenize: Tokenize): Tokenize => {
  const kept = new Map<string, string[]>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size >= TOKENS_KEPT_MAX) kept.clear();
    const tokens = tokenize(text);
    kept.set(text, tokens);
    return tokens;
  };
};

export interface Tokenizers {
  asIs: Tokenize;
  lowerCase: Tokenize;
}

export const createTokenizers = (): Tokenizers => ({ asIs: remembering(tokensOf), lowerCase: remembering((text) => tokensOf(text).map(lowerCase)) });

/** A single token is found whatever its case. Several are where they stand in a row: in the same case, unless the search itself parts them (`network/errors`). */
export const partlyMatches = (term: string, { asIs, lowerCase: lower }: Tokenizers): ((text: string) => boolean) => {
  const tokenize = /[A-Za-z0-9][^A-Za-z0-9]+[A-Za-z0-9]/.test(term) || asIs(term).length === 1 ? lower : asIs;
  const wanted = tokenize(term);
  const [only] = wanted;
  if (only === undefined) return () => false;
  return (text) => {
    const tokens = tokenize(text);
    if (wanted.length === 1 && tokens.join("") === only) return true;
    return tokens.some((_token, from) => wanted.every((token, index) => tokens[from + index] === token));
  };
};
