import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate } from "node:zlib";
import { REST_PAYLOAD_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { GatewayFailure } from "./gateway-failure.ts";

const run = { gzip: promisify(gzip), deflate: promisify(deflate), gunzip: promisify(gunzip), inflate: promisify(inflate) };

/** The first that the client takes of those that there are. `identity` and `q=0` are none. */
const codingOf = (accepted: string | undefined): "gzip" | "deflate" | undefined => {
  for (const one of (accepted ?? "").split(",")) {
    const [name = "", ...parameters] = one.toLowerCase().split(";").map((part) => part.trim());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
    if (name === "gzip" || name === "deflate") return name;
    if (name === "*") return "gzip";
  }
  return undefined;
};

/** An answer of at least so many bytes, for a client that takes it so. Source: "Payload compression for REST APIs". */
export const compressed = async (response: WireResponse, minimum: number | undefined, accepted: string | undefined): Promise<WireResponse> => {
  const coding = minimum === undefined ? undefined : codingOf(accepted);
  const { body, headers } = response;
  if (coding === undefined || body === undefined || !(typeof body === "string" || body instanceof Uint8Array) || headers["content-encoding"] !== undefined) return response;
  const bytes = Buffer.from(body as string);
  if (bytes.length < minimum!) return response;
  return { ...response, headers: { ...headers, "content-encoding": coding }, body: await run[coding](bytes) };
};

/** A request's body as it was before its client compressed it; one that has no minimum takes none. */
export const decompressed = async (body: Buffer, coding: string | undefined, minimum: number | undefined): Promise<Buffer> => {
  const name = coding?.trim().toLowerCase();
  if (minimum === undefined || body.length === 0 || (name !== "gzip" && name !== "deflate")) return body;
  try {
    return await run[name === "gzip" ? "gunzip" : "inflate"](body, { maxOutputLength: REST_PAYLOAD_BYTES_MAX });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw new GatewayFailure("REQUEST_TOO_LARGE");
    throw new GatewayFailure("DEFAULT_4XX", { status: 400, message: `The request body is not compressed with ${name}, as its Content-Encoding says` });
  }
};
