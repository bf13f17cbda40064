interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** Deeper than that no template is written: a schema of somebody's own may have no end of levels. */
const DEPTH_MAX = 20;

const valueOf = ({ type, properties, items }: Schema, from: string, indent: string, depth: number): string => {
  if (depth > DEPTH_MAX) return `"${from}"`;
  if (properties !== undefined) {
    const members = Object.entries(properties).map(([name, schema]) => `${indent}  "${name}" : ${valueOf(schema, `${from}.${name}`, `${indent}  `, depth + 1)}`);
    return `{\n${members.join(",\n")}\n${indent}}`;
  }
  if (type === "array" && items !== undefined) return `[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in ${from})\n${indent}  ${valueOf(items, "$elem", `${indent}  `, depth + 1)}#if($foreach.hasNext),#end\n#end\n${indent}]`;
  return type === "integer" || type === "number" || type === "boolean" ? from : `"${from}"`;
};

/** A mapping template to begin from: what the model describes, each value from the same place in the input. */
export const modelTemplate = (schema: Schema): string => `#set($inputRoot = $input.path('$'))\n${valueOf(schema, "$inputRoot", "", 0)}`;
