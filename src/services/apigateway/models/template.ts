type Schema = Record<string, unknown>;

const LEVELS_MAX = 8;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);

const valueOf = (schema: Schema, at: string, level: number): string => {
  const indent = "  ".repeat(level);
  if (level < LEVELS_MAX && isSchema(schema["properties"])) {
    const members = Object.entries(schema["properties"]).map(([name, property]) => `${indent}  ${JSON.stringify(name)} : ${valueOf(isSchema(property) ? property : {}, `${at}.${name}`, level + 1)}`);
    return `{\n${members.join(",\n")}\n${indent}}`;
  }
  if (level < LEVELS_MAX && schema["type"] === "array" && isSchema(schema["items"])) {
    return `\n${indent}#foreach($elem in ${at})\n${indent}  ${valueOf(schema["items"], "$elem", level + 1)}${indent}#if($foreach.hasNext),#end\n${indent}#end\n${indent}`.replace(/^\n\s*/, "[\n").replace(/\s*$/, "\n") + `${indent}]`;
  }
  return schema["type"] === "string" ? `"${at}"` : at;
};

/** A mapping template that hands on what the model describes, as a start for one of one's own. */
export const templateOf = (schema: string): string => `#set($inputRoot = $input.path('$'))\n${valueOf(JSON.parse(schema) as Schema, "$inputRoot", 0)}`;
