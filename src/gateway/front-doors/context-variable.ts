/** `authorizer.claims.email` of `$context`; undefined where there is nothing, or no text. */
export const contextVariable = (context: Readonly<Record<string, unknown>>, path: string): string | undefined => {
  let value: unknown = context;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "object" || value === undefined ? undefined : String(value);
};
