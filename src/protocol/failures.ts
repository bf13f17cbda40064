import { ApiError } from "../kit/api-error.ts";

/** The request cannot be read as what the model says. AWS's name of it in the JSON and CBOR protocols. */
export const serializationFailure = (message: string, cause?: unknown) =>
  new ApiError("SerializationException", message, { status: 400, ...(cause === undefined ? {} : { cause }) });

/** The same in awsQuery. */
export const malformedInput = (message: string) => new ApiError("MalformedInput", message, { status: 400 });

/** The same in S3. AWS's text. */
export const malformedXml = (cause?: unknown) =>
  new ApiError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", {
    status: 400,
    ...(cause === undefined ? {} : { cause }),
  });
