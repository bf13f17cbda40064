import { ApiError } from "../../kit/api-error.ts";

export interface FunctionName {
  account: string;
  name: string;
  qualifier?: string;
}

const NAME = /^(?:arn:aws[a-zA-Z-]*:lambda:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):function:|(\d{12}):(?:function:)?)?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;
const NAME_LENGTH_MAX = 64;

/**
 * A name, a partial ARN (`123456789012:function:name`) or a whole ARN, each with a qualifier or without.
 * Throws AWS's errors for what is none, for two qualifiers, and for another region.
 */
export const parseFunctionName = (text: string, at: { account: string; region: string }, qualifier?: string): FunctionName => {
  const match = NAME.exec(text);
  if (match === null || match[4]!.length > NAME_LENGTH_MAX) {
    throw new ApiError("ValidationException", `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`, { status: 400 });
  }
  const [, region, arnAccount, partialAccount, name, inName] = match;
  if (region !== undefined && region !== at.region) throw new ApiError("ResourceNotFoundException", `Functions from '${region}' are not reachable in this region ('${at.region}')`, { status: 404 });
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) throw new ApiError("InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.", { status: 400 });
  const named = inName ?? qualifier;
  return { account: arnAccount ?? partialAccount ?? at.account, name: name!, ...(named === undefined ? {} : { qualifier: named }) };
};
