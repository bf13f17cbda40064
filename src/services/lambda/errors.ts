import { ApiError } from "../../kit/api-error.ts";

const user = { members: { Type: "User" } };

export const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message, { status: 400, ...user });

export const conflict = (message: string): ApiError => new ApiError("ResourceConflictException", message, { status: 409, ...user });

export const notFound = (message: string): ApiError => new ApiError("ResourceNotFoundException", message, { status: 404, ...user });

export const functionNotFound = (arn: string): ApiError => notFound(`Function not found: ${arn}`);

/** @param read The operation that tells the revision: `GetFunction/GetAlias`, `GetPolicy`. */
export const revisionDiffers = (read: string): ApiError =>
  new ApiError("PreconditionFailedException", `The Revision Id provided does not match the latest Revision Id. Call the ${read} API to retrieve the latest Revision Id`, { status: 412, ...user });

/** @param issues `Value '1' at 'memorySize' failed to satisfy constraint: Member must …` */
export const validationFailed = (issues: readonly string[]): ApiError =>
  new ApiError("ValidationException", `${issues.length} validation error${issues.length === 1 ? "" : "s"} detected: ${issues.join("; ")}`, { status: 400 });

/** @param what A sentence's start: `Publishing versions (Publish)`. @param instead What to do about it. */
export const notBuilt = (what: string, instead: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${instead}`, { status: 501 });
