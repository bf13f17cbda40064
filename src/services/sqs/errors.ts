import { ApiError } from "../../kit/api-error.ts";

/** Each with the text of AWS's own. */
export const queueDoesNotExist = (): ApiError => new ApiError("QueueDoesNotExist", "The specified queue does not exist.");
