import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ApiError } from "../kit/api-error.ts";
import { REQUEST_BODY_BYTES_MAX } from "../kit/limits/gateway.ts";
import { serializationFailure } from "./failures.ts";
import type { WireRequest } from "./http.ts";

const gunzipAsync = promisify(gunzip);

/** The body of an RPC request; CloudWatch's clients compress it. */
export async function readBody(request: WireRequest): Promise<Buffer> {
  const body = await request.buffer();
  if (request.headers["content-encoding"] !== "gzip") return body;
  try {
    return await gunzipAsync(body, { maxOutputLength: REQUEST_BODY_BYTES_MAX });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ApiError("RequestEntityTooLarge", `The request body is larger than ${REQUEST_BODY_BYTES_MAX} bytes when decompressed`, { status: 413 });
    }
    throw serializationFailure("The request body says that it is gzip and is not", cause);
  }
}
