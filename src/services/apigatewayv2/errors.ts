import { ApiError } from "../../kit/api-error.ts";

export const badRequest = (message: string): ApiError => new ApiError("BadRequestException", message);

export const conflict = (message: string): ApiError => new ApiError("ConflictException", message);

export const notFound = (message: string): ApiError => new ApiError("NotFoundException", message);

/** @param what `Route`, `stage` */
export const notIdentified = (what: string): ApiError => notFound(`Invalid ${what} identifier specified`);

/** @param what `Integrations for this API` */
export const tooMany = (what: string, noun: string): ApiError => new ApiError("TooManyRequestsException", `Maximum number of ${what} has been reached. Please contact AWS if you need additional ${noun}.`);

/** For what cannot be honoured: refused by its name, never stored and forgotten. */
export const notBuilt = (what: string, why: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${why}`, { status: 501 });
