/** `$context.<name>` as text; undefined where there is nothing. */
export type Variable = (name: string) => string | undefined;

/** Within a text in quotes, so that nobody writes a member of their own into a line of JSON. */
const escaped = (text: string): string => text.replace(/["\\]/g, "\\$&").replace(/[\u0000-\u001f\u007f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`); // oxlint-disable-line no-control-regex

/** `$context.requestId` and the like, in whatever format; what is not known is `-`, as AWS has it. */
export const compileFormat = (format: string): ((variable: Variable) => string) => {
  const parts = format.split(/(\$context\.[A-Za-z0-9_.:-]*[A-Za-z0-9_])/).filter((part) => part !== "").map((part) => {
    if (!part.startsWith("$context.")) return () => part;
    const name = part.slice("$context.".length);
    // This one is text in quotes already.
    const isQuoted = name === "error.messageString";
    return (variable: Variable) => {
      const value = variable(name);
      return value === undefined ? "-" : isQuoted ? value : escaped(value);
    };
  });
  return (variable) => parts.map((part) => part(variable)).join("");
};
