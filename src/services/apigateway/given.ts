/** Without the members that say nothing: an empty text is none. */
export const given = <T extends object>(input: T): T => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== "")) as T;

/** The members of these names, where they say something. */
export const picked = <T extends object, K extends keyof T>(input: T, names: readonly K[]): Pick<T, K> => given(Object.fromEntries(names.map((name) => [name, input[name]])) as Pick<T, K>);
