import { ApiError } from "../../kit/api-error.ts";

export const invalidValue = (message: string): ApiError => new ApiError("InvalidParameterValueException", message);

export const invalidCombination = (message: string): ApiError => new ApiError("InvalidParameterCombinationException", message);

export const missingParameter = (message: string): ApiError => new ApiError("MissingRequiredParameterException", message);

/** Refused by its name, never answered with something else. */
export const notBuilt = (what: string, instead: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${instead}`, { status: 501 });

export const validationError = (message: string): ApiError => new ApiError("ValidationException", message);

export const invalidFormat = (message: string): ApiError => new ApiError("InvalidFormatFault", message);

export const alarmNotFound = (): ApiError => new ApiError("ResourceNotFound", "");

export const resourceNotFound = (arn: string): ApiError => new ApiError("ResourceNotFoundException", `The resource ${arn} does not exist.`);

export const limitExceeded = (message: string): ApiError => new ApiError("LimitExceededFault", message);
