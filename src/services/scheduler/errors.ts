import { ApiError } from "../../kit/api-error.ts";

export const invalid = (message: string): ApiError => new ApiError("ValidationException", message);
export const notFound = (message: string): ApiError => new ApiError("ResourceNotFoundException", message);
export const conflict = (message: string): ApiError => new ApiError("ConflictException", message);
export const notBuilt = (message: string): ApiError => new ApiError("NotImplemented", message, { status: 501 });
