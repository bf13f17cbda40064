import { METRIC_DIMENSIONS_MAX } from "../../kit/limits/metrics.ts";
import { invalidValue } from "./errors.ts";

interface Dimension {
  Name: string | undefined;
  Value: string | undefined;
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/** Each name once, neither of them empty. */
export const dimensionsOf = (given: readonly Dimension[] | undefined, where: string): Record<string, string> => {
  const dimensions: Record<string, string> = {};
  if ((given ?? []).length > METRIC_DIMENSIONS_MAX) throw invalidValue(`The collection ${where} must not have a size greater than ${METRIC_DIMENSIONS_MAX}.`);
  for (const [index, { Name = "", Value = "" }] of (given ?? []).entries()) {
    const at = `${where}.member.${index + 1}`;
    for (const [part, text] of [["Name", Name], ["Value", Value]] as const) if (!isAscii(text)) throw invalidValue(`The value for parameter ${at}.${part} contains non-ASCII characters.`);
    if (Name === "" || Name.startsWith(":")) throw invalidValue(`The value ${Name} for parameter ${at}.Name is invalid.`);
    if (Value === "") throw invalidValue(`The value ${Value} for parameter ${at}.Value is invalid.`);
    if (dimensions[Name] !== undefined) throw invalidValue(`The parameter ${where} has the name ${Name} twice: each may be there once.`);
    dimensions[Name] = Value;
  }
  return dimensions;
};
