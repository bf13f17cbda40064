import { ApiError } from "../../../kit/api-error.ts";

/** AWS answers most broken patterns with these three words alone. */
export const invalidPattern = (message = "Invalid filter pattern"): ApiError => new ApiError("InvalidParameterException", message);
