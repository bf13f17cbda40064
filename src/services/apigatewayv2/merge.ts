/** What an update says: a member that is not given stays, an empty text takes the member away. */
export const merged = <T extends object>(current: T, change: Partial<T>): T => {
  const result: Partial<T> = { ...current };
  for (const [key, value] of Object.entries(change) as [keyof T, T[keyof T]][]) {
    if (value === "") delete result[key];
    else if (value !== undefined) result[key] = value;
  }
  return result as T;
};

const isEmpty = (value: unknown): boolean => value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** Entries are added and replaced one by one; one without content is taken away. */
export const mergedMap = <V>(current: Record<string, V> | undefined, change: Record<string, V> | undefined): Record<string, V> | undefined => {
  if (change === undefined) return current;
  const entries = Object.entries({ ...current, ...change }).filter(([, value]) => !isEmpty(value));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

/** Without the members that say nothing: an empty text is none. */
export const given = <T extends object>(input: T): T => merged({} as T, input);

/** The members of these names. */
export const picked = <T extends object, K extends keyof T>(input: T, names: readonly K[]): Pick<T, K> => Object.fromEntries(names.filter((name) => input[name] !== undefined).map((name) => [name, input[name]])) as Pick<T, K>;
