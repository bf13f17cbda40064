import { KIB, MIB } from "../units.ts";

/** What one page of a list of API Gateway holds. Ours: the API reference gives no number for version 2. */
export const API_PAGE_MAX = 500;
/** What cannot be raised of "Quotas for configuring and running an HTTP API": integrations of an API, audiences of an authorizer, scopes of a route, mappings of a domain name, tags of a resource. */
export const API_INTEGRATIONS_MAX = 300;
export const API_AUDIENCES_MAX = 50;
export const API_SCOPES_MAX = 10;
export const API_MAPPINGS_MAX = 200;
export const API_TAGS_MAX = 50;
/** Milliseconds. An integration's timeout ("CreateIntegration", API reference). */
export const API_TIMEOUT_MS_MIN = 50;
export const HTTP_API_TIMEOUT_MS_MAX = 30_000;
export const WEBSOCKET_API_TIMEOUT_MS_MAX = 29_000;
/** Seconds that an authorizer's answer is kept ("CreateAuthorizer", API reference). */
export const AUTHORIZER_TTL_SECONDS_MAX = 3_600;
/** Seconds that a browser may keep the answer to a preflight ("Cors", API reference). */
export const API_CORS_MAX_AGE_SECONDS = 86_400;
/** What one page of a list of version 1 of API Gateway holds, unless asked otherwise and at the most ("GetRestApis", API reference). */
export const REST_API_PAGE = 25;
export const REST_API_PAGE_MAX = 500;
/** What cannot be raised of "Quotas for configuring and running a REST API": usage plans of a key, characters of a stage variable's name and value, milliseconds of an integration's timeout, buffered and streamed. */
export const USAGE_PLANS_PER_KEY_MAX = 10;
export const STAGE_VARIABLE_NAME_CHARACTERS_MAX = 64;
export const STAGE_VARIABLE_VALUE_CHARACTERS_MAX = 512;
export const REST_INTEGRATION_TIMEOUT_MS_MIN = 50;
export const REST_INTEGRATION_TIMEOUT_MS_MAX = 29_000;
export const REST_STREAM_TIMEOUT_MS_MAX = 900_000;
/** Characters. The shortest value of an API key ("CreateApiKey", API reference). */
export const API_KEY_VALUE_CHARACTERS_MIN = 20;
export const API_KEY_VALUE_CHARACTERS_MAX = 128;
/** Seconds that an authorizer's answer is kept unless configured ("CreateAuthorizer", API reference). */
export const REST_AUTHORIZER_TTL_SECONDS_DEFAULT = 300;
/** Seconds that a stage may be told to keep a method's answers ("Cache settings for REST APIs"). */
export const REST_CACHE_TTL_SECONDS_MAX = 3_600;
/** Bytes. The largest `minimumCompressionSize` ("CreateRestApi", API reference). */
export const REST_COMPRESSION_BYTES_MAX = 10_485_760;
/** Requests per second, and at once, that a REST API's methods may have unless configured ("Account", API reference). */
export const REST_RATE_LIMIT = 10_000;
export const REST_BURST_LIMIT = 5_000;
/** Bytes of the JSON before the body of a streamed HTTP answer. Ours: AWS gives no number; headers that a client takes are far less. */
export const HTTP_PRELUDE_BYTES_MAX = 128 * KIB;
/** Of WebSocket APIs: bytes of a message; milliseconds that a connection may be idle, and that it may last ("Quotas for configuring and running a WebSocket API"). */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 128 * KIB;
export const WEBSOCKET_IDLE_MS_MAX = 10 * 60_000;
export const WEBSOCKET_DURATION_MS_MAX = 2 * 60 * 60_000;
/** Milliseconds in which a client must agree to the end of its WebSocket; then it is cut off. Ours. */
export const WEBSOCKET_CLOSE_MS_MAX = 5_000;
/** API Gateway ("Quotas for configuring and running an HTTP API"). Bytes of a request's body and of an answer; of one header line, and of line and headers together. */
export const HTTP_API_PAYLOAD_BYTES_MAX = 10 * MIB;
export const HTTP_API_HEADER_BYTES_MAX = 10_240;
/** Milliseconds that a Lambda authorizer has. */
export const HTTP_API_AUTHORIZER_TIMEOUT_MS = 10_000;
/** Requests of an account in a region: in a second, and at once ("API Gateway quotas"). */
export const API_REQUESTS_PER_SECOND = 10_000;
export const API_REQUESTS_BURST = 5_000;
/** Milliseconds for which the keys of a JWT's issuer are kept ("JWT authorizers"), and between two looks for a key that was not among them (ours). */
export const JWT_KEYS_MS = 2 * 60 * 60 * 1_000;
export const JWT_KEYS_AGAIN_MS = 30_000;
/** Bytes of an issuer's documents, issuers whose keys are kept, and milliseconds to ask for them. Ours. */
export const JWT_KEYS_BYTES_MAX = MIB;
export const JWT_ISSUERS_MAX = 200;
export const JWT_KEYS_TIMEOUT_MS = 5_000;
/** What a Lambda authorizer said and is kept: of how many identities for each, and bytes of one; more is asked for each time. Ours. */
export const AUTHORIZER_RESULTS_MAX = 10_000;
export const AUTHORIZER_RESULT_BYTES_MAX = 8 * KIB;
/** Bytes of a request to a REST API ("Quotas for REST APIs"). */
export const REST_PAYLOAD_BYTES_MAX = 10 * MIB;
/** Milliseconds that a REST API's authorizer has ("Quotas for REST APIs"). */
export const AUTHORIZER_MS_MAX = 29_000;
/** Characters of one line of an execution log ("Set up CloudWatch logging for REST APIs"). */
export const EXECUTION_LOG_LINE_CHARACTERS_MAX = 1_024;
