import { ApiError } from "../../kit/api-error.ts";
import { functionArn } from "../../kit/arn.ts";
import { invalid } from "./errors.ts";

export interface FunctionName {
  account: string;
  region: string;
  name: string;
  qualifier?: string;
  /** With the qualifier, if there is one. */
  arn: string;
}

const NAME = /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;

/** A qualifier that names a version, not an alias. */
export const isVersion = (qualifier: string): boolean => /^(\$LATEST(\.PUBLISHED)?|\d+)$/.test(qualifier);

/**
 * A name, a partial ARN (`123456789012:function:name`) or a whole ARN, each with a qualifier or without. The model has checked its form.
 * Throws AWS's errors for two qualifiers that differ, and for another region.
 */
export const parseFunctionName = (text: string, at: { account: string; region: string }, qualifier?: string): FunctionName => {
  const match = NAME.exec(text);
  if (match === null) throw new ApiError("ValidationException", `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must be the name or the ARN of a function`, { status: 400 });
  const [, region, account = at.account, name, inName] = match;
  if (region !== undefined && region !== at.region) {
    throw new ApiError("ResourceNotFoundException", `Functions from '${region}' are not reachable in this region ('${at.region}')`, { status: 404, members: { Type: "User" } });
  }
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) {
    throw new ApiError("InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.", { status: 400, members: { Type: "User" } });
  }
  const named = inName ?? qualifier;
  return { account, region: at.region, name: name!, arn: functionArn({ account, region: at.region }, name!, named), ...(named === undefined ? {} : { qualifier: named }) };
};

/** For operations on the function itself, not on a version of it or by an alias. */
export const parseUnqualified = (text: string, at: { account: string; region: string }): FunctionName => {
  const named = parseFunctionName(text, at);
  if (named.qualifier !== undefined && named.qualifier !== "$LATEST") throw invalid("Current operation does not support versions other than $LATEST.");
  return named;
};
