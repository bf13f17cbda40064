import { ApiError } from "../../kit/api-error.ts";

/** One member of a request that is wrong, by its path: `SourceParameters.SqsQueueParameters`. */
export interface WrongField {
  name: string;
  message: string;
}

/** EventBridge Pipes says what is wrong as JSON: `{"ValidationErrorFields":[{"Name":"…","Message":"Missing required parameter."}]}`. */
export const invalid = (...fields: WrongField[]): ApiError =>
  new ApiError("ValidationException", JSON.stringify({ ValidationErrorFields: fields.map(({ name, message }) => ({ Name: name, Message: message })) }), { members: { fieldList: fields } });

/** Of a source or a target. */
export const CROSS_REGION = "Creating cross-region pipe is not permitted.";

export const pipeNotFound = (name: string): ApiError => new ApiError("NotFoundException", `Pipe ${name} does not exist.`);

export const conflict = (name: string, message: string): ApiError => new ApiError("ConflictException", message, { members: { resourceId: name, resourceType: "pipe" } });

export const tooManyPipes = (most: number): ApiError =>
  new ApiError("ServiceQuotaExceededException", `The maximum number of pipes is reached: ${most}.`, { members: { resourceId: "pipes", resourceType: "pipe", serviceCode: "pipes", quotaCode: "L-A0F71F1A" } });

/** For what cannot be honoured: refused by its name, never stored and forgotten. */
export const notBuilt = (what: string, instead: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${instead}`, { status: 501 });
