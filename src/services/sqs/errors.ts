import { ApiError } from "../../kit/api-error.ts";

/** Each with the text of AWS's own. */
export const queueDoesNotExist = (): ApiError => new ApiError("QueueDoesNotExist", "The specified queue does not exist.");

export const invalidAddress = (url: string): ApiError => new ApiError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);

export const invalidParameterValue = (message: string): ApiError => new ApiError("InvalidParameterValue", message, { status: 400 });

/** `Value 11 for parameter MaxResults is invalid. Reason: …` */
export const invalidValue = (value: unknown, parameter: string, reason: string): ApiError => invalidParameterValue(`Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string): ApiError => new ApiError("MissingParameter", `The request must contain the parameter ${name}.`, { status: 400 });

export const unknownAttribute = (name: string): ApiError => new ApiError("InvalidAttributeName", `Unknown Attribute ${name}.`, { status: 400 });

export const invalidAttribute = (name: string, reason?: string): ApiError =>
  new ApiError("InvalidAttributeValue", `Invalid value for the parameter ${name}.${reason === undefined ? "" : ` Reason: ${reason}`}`, { status: 400 });

export const overLimit = (message: string): ApiError => new ApiError("OverLimit", message);

export const resourceNotFound = (message: string): ApiError => new ApiError("ResourceNotFoundException", message);

/** For a wish that we cannot fulfil: refused, never stored and forgotten. */
export const notBuilt = (what: string): ApiError => new ApiError("NotImplemented", what, { status: 501 });
