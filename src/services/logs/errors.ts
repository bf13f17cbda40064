import { ApiError } from "../../kit/api-error.ts";

export const invalidParameter = (message: string): ApiError => new ApiError("InvalidParameterException", message);

export const groupNotFound = (): ApiError => new ApiError("ResourceNotFoundException", "The specified log group does not exist.");

export const streamNotFound = (): ApiError => new ApiError("ResourceNotFoundException", "The specified log stream does not exist.");

export const groupExists = (): ApiError => new ApiError("ResourceAlreadyExistsException", "The specified log group already exists");

export const streamExists = (): ApiError => new ApiError("ResourceAlreadyExistsException", "The specified log stream already exists");

export const filterNotFound = (kind: "subscription" | "metric"): ApiError => new ApiError("ResourceNotFoundException", `The specified ${kind} filter does not exist.`);

export const resourceLimit = (): ApiError => new ApiError("LimitExceededException", "Resource limit exceeded.");

/** Of the operations that tag by ARN: an ARN that ends in `:*`, as DescribeLogGroups' `arn` does, is none of theirs. */
export const invalidResourceArn = (): ApiError => new ApiError("ValidationException", "Invalid resourceArn");

export const invalidToken = (): ApiError => invalidParameter("The specified nextToken is invalid.");

/** For a member whose wish we cannot fulfil: refused, never stored and forgotten. */
export const notBuilt = (what: string): ApiError => new ApiError("NotImplemented", `CloudWatch Logs ${what} is not built in lambdad`, { status: 501 });
