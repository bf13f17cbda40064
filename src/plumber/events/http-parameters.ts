interface Parameter {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** A connection's parameters, by their names. */
export const byKey = (parameters: readonly Parameter[] | undefined): Record<string, string> => Object.fromEntries((parameters ?? []).flatMap(({ Key, Value }) => (Key === undefined || Value === undefined ? [] : [[Key, Value]])));

/** Headers under names in small letters: the later ones take the place of the earlier. */
export const headersOf = (...given: readonly Readonly<Record<string, string>>[]): Record<string, string> =>
  Object.fromEntries(given.flatMap((headers) => Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])));

/** The URL with these in its query: what it has under the same names goes. */
export const withQuery = (url: URL, query: Readonly<Record<string, string>>): URL => {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(query)) changed.searchParams.set(name, value);
  return changed;
};
