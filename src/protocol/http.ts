import type { Readable } from "node:stream";

/** A request as the protocols see it: nothing decoded yet. */
export interface WireRequest {
  method: string;
  /** As sent, percent-encoding kept, without the query. For S3 in virtual-host style the gateway has put `/bucket` in front. */
  path: string;
  /** As sent, without the `?`. */
  query: string;
  /** Lower-case names; repeated headers joined with `, `. */
  headers: Readonly<Record<string, string>>;
  /** The whole body, read once and kept; rejects with ApiError when it is larger than the service allows. */
  buffer(): Promise<Buffer>;
  /** The body as it comes (aws-chunked framing already taken off). Either this or `buffer`, not both. */
  stream(): Readable;
}

export interface WireResponse {
  status: number;
  /** Several of one name: `set-cookie`. */
  headers: Record<string, string | readonly string[]>;
  body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}
