import { ApiError } from "../../kit/api-error.ts";

/** EventBridge's model does not have it. */
export const validation = (message: string): ApiError => new ApiError("ValidationException", message, { status: 400 });

export const notFound = (message: string): ApiError => new ApiError("ResourceNotFoundException", message);

export const alreadyExists = (message: string): ApiError => new ApiError("ResourceAlreadyExistsException", message);

export const limitExceeded = (message: string): ApiError => new ApiError("LimitExceededException", message);

export const invalidEventPattern = (reason: string): ApiError => new ApiError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);

export const busNotFound = (name: string): ApiError => notFound(`Event bus ${name} does not exist.`);

export const ruleNotFound = ({ bus, name }: { bus: string; name: string }): ApiError => notFound(`Rule ${name} does not exist on EventBus ${bus}.`);

/** For what cannot be honoured: refused by its name, never stored and forgotten. */
export const notBuilt = (what: string, why: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${why}`, { status: 501 });
