import { ApiError } from "../../kit/api-error.ts";

export const badRequest = (message: string): ApiError => new ApiError("BadRequestException", message);

export const conflict = (message: string): ApiError => new ApiError("ConflictException", message);

export const notFound = (message: string): ApiError => new ApiError("NotFoundException", message);

/** @param what `Resource`, `Deployment` */
export const notIdentified = (what: string): ApiError => notFound(`Invalid ${what} identifier specified`);

export const tooMany = (message: string): ApiError => new ApiError("LimitExceededException", message);

/** For what cannot be honoured: refused by its name, never stored and forgotten. */
export const notBuilt = (what: string, why: string): ApiError => new ApiError("NotImplemented", `${what} is not built in this version of lambdad: ${why}`, { status: 501 });

/** What the checks of mappings and models say, as API Gateway words it. */
export const invalidExpression = (...errors: string[]): ApiError => badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${errors.join(", ")}]`);
export const invalidModel = (...errors: string[]): ApiError => badRequest(`Invalid model specified: Validation Result: warnings : [], errors : [${errors.join(", ")}]`);
