import { isApiError } from "../../kit/api-error.ts";
import { notFound } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { lookUp } from "./read-object.ts";

export const createHeadObject = (s3: S3): S3Handler<"HeadObject"> => async (input, context) => {
  try {
    return (await lookUp(s3, input, context)).output;
  } catch (error) {
    // A HEAD has no body to say more in.
    if (isApiError(error, "NoSuchKey") || isApiError(error, "NoSuchBucket")) throw notFound();
    throw error;
  }
};
