import { KIB, MIB } from "../units.ts";

/** Bytes of headers of one request: AWS's 1 MB is for line and headers together; ours is Node's parser limit. */
export const REQUEST_HEADERS_BYTES_MAX = 64 * KIB;
/** Bytes of a request body that is decoded as a whole, for services that say nothing else. */
export const REQUEST_BODY_BYTES_MAX = 10 * MIB;
/** Milliseconds and counts of the front door; ours. A client that is slower, or more of them, is turned away. */
export const HEADERS_TIMEOUT_MS = 20_000;
export const REQUEST_TIMEOUT_MS = 15 * 60 * 1000;
export const KEEP_ALIVE_MS = 65_000;
export const GATEWAY_CONNECTIONS_MAX = 10_000;
export const REQUEST_HEADERS_MAX = 200;
export const HTTP2_STREAMS_MAX = 128;
/** Milliseconds in which nothing comes or goes on a connection: more than the longest synchronous invocation. Ours. */
export const CONNECTION_SILENCE_MS_MAX = 20 * 60 * 1000;
/** Bytes of a body that nobody wants that are still read before its connection is closed, so that the client sees why. Ours. */
export const LINGER_BYTES_MAX = 8 * MIB;
/** Levels of nesting that a request may have, in JSON, CBOR or a form. Ours: DynamoDB's 32 levels are three of the wire's each. */
export const INPUT_DEPTH_MAX = 200;
/** Levels and nodes of an XML body. Ours: S3's deepest is 8 levels; 10,000 parts with their checksums are 80,000 nodes. */
export const XML_DEPTH_MAX = 64;
export const XML_NODES_MAX = 250_000;
/** Parameters of a query string or a form. Ours. */
export const FORM_PARAMETERS_MAX = 50_000;
/** Broken constraints that one answer lists, seen on AWS; and characters of a value that it repeats (ours). */
export const VALIDATION_ERRORS_MAX = 10;
export const VALIDATION_VALUE_CHARACTERS_MAX = 4 * KIB;
