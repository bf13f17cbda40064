/** Every bound of the system: its name, its unit, its source. Sources: the AWS Lambda developer guide ("quotas") unless said. */
const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes. A synchronous payload, each way. */
export const SYNC_PAYLOAD_BYTES_MAX = 6 * MIB;
/** Bytes. A response may be this large before `Function.ResponseSizeTooLarge`: 6 MiB and 100 bytes, seen on AWS. */
export const RESPONSE_BYTES_MAX = 6 * MIB + 100;
/** Milliseconds. Log lines and ledger entries are gathered for one commit: what a crash may cost, and ours to choose. */
export const HISTORY_GATHER_MS = 50;
/** Bytes. A streamed response: 200 MB since July 2025 ("Lambda quotas"). */
export const STREAMED_RESPONSE_BYTES_MAX = 200 * MIB;
/** Bytes. An asynchronous payload: 1 MiB since October 2025. */
export const ASYNC_PAYLOAD_BYTES_MAX = MIB;
/** Bytes. A zip in the request. */
export const ZIP_BYTES_MAX = 50 * MIB;
/** Bytes. Code and layers, unzipped. */
export const UNZIPPED_BYTES_MAX = 262_144_000;
/** Bytes of all packages of an account in a region, as GetAccountSettings tells it. */
export const CODE_STORAGE_BYTES_MAX = 75 * 1024 * MIB;
/** Layers of a function, and of one page of a list (ListLayers, API reference). */
export const FUNCTION_LAYERS_MAX = 5;
export const LAYERS_PAGE_MAX = 50;
/** Bytes. A whole request to the Lambda API, seen on AWS. */
export const LAMBDA_REQUEST_BYTES_MAX = 70_167_211;
/** Entries. Ours: AWS gives no number; a bomb of empty entries must end somewhere. */
export const ZIP_ENTRIES_MAX = 200_000;
/** Bytes of the targets of all symbolic links in a package. Ours: some ten thousand of them. */
export const ZIP_LINK_BYTES_MAX = MIB;
/** Bytes of a file's name and of a path, and links that are followed one after the other: Linux. */
export const FILE_NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 4_096;
export const SYMBOLIC_LINKS_MAX = 40;
/** Milliseconds. INIT of an on-demand environment. */
export const INIT_TIMEOUT_MS = 10_000;
/** Bytes. `LogType=Tail`. */
export const LOG_TAIL_BYTES = 4 * KIB;
/** Bytes, keys and values. */
export const ENVIRONMENT_BYTES_MAX = 4 * KIB;
/** Bytes. A function's resource-based policy. */
export const POLICY_BYTES_MAX = 20 * KIB;
/** Environments. An account's concurrency. */
export const ACCOUNT_CONCURRENCY = 1_000;
/** Processes and threads, and file descriptors, of an environment. */
export const ENVIRONMENT_PROCESSES_MAX = 1_024;
export const ENVIRONMENT_FILES_MAX = 1_024;
/** Connections that the server has with one environment: as many as one of its programs can open. More are closed at once. Ours. */
export const ENVIRONMENT_CONNECTIONS_MAX = ENVIRONMENT_FILES_MAX;
/** Megabytes of memory that give one whole CPU. */
export const MEMORY_MB_PER_CPU = 1_769;
/** Milliseconds between the attempts of an asynchronous invocation whose function failed. */
export const ASYNC_RETRY_DELAYS_MS: readonly number[] = [60_000, 120_000];
/** Milliseconds. The default and the most: 6 hours; and the least that can be configured (PutFunctionEventInvokeConfig, API reference). */
export const ASYNC_EVENT_AGE_MS_MAX = 6 * 60 * 60 * 1000;
export const ASYNC_EVENT_AGE_MS_MIN = 60 * 1000;
/** Retries after a function's failure, unless configured: as many as there are delays. */
export const ASYNC_RETRY_ATTEMPTS_DEFAULT = ASYNC_RETRY_DELAYS_MS.length;
/** Invocations of one function in one chain of events ("Recursive loop detection"); and functions that a chain's lineage names, the newest (ours). */
export const RECURSIVE_INVOCATIONS_MAX = 16;
export const LINEAGE_FUNCTIONS_MAX = 32;
/** Executions that must stay unreserved (PutFunctionConcurrency, API reference). */
export const UNRESERVED_CONCURRENCY_MIN = 100;
/** Settings of asynchronous invocation on one page (ListFunctionEventInvokeConfigs, API reference). */
export const EVENT_INVOKE_CONFIGS_PAGE_MAX = 50;
/** Function URLs on one page (ListFunctionUrlConfigs, API reference). */
export const FUNCTION_URLS_PAGE_MAX = 50;
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
/** Bytes. The largest `minimumCompressionSize` ("CreateRestApi", API reference). */
export const REST_COMPRESSION_BYTES_MAX = 10_485_760;
/** Requests per second, and at once, that a REST API's methods may have unless configured ("Account", API reference). */
export const REST_RATE_LIMIT = 10_000;
export const REST_BURST_LIMIT = 5_000;
/** Code signing configurations, or functions that use one, on one page. Ours: the API reference gives 10,000 for what may be asked for, and none for what is given. */
export const CODE_SIGNING_PAGE_MAX = 50;
/** Environments that begin at once for each CPU, and milliseconds after which the next may begin although INIT is not over. Ours. */
export const ENVIRONMENT_STARTS_PER_CPU = 2;
export const START_TURN_MS = 1_000;
/**
 * Milliseconds. An answer waits this long for its runtime to ask for the next invocation: nearly all do so at once, and who calls
 * one after the other then finds the same environment, and the log whole. Ours; AWS's own way to the caller takes longer.
 */
export const ANSWER_GRACE_MS = 50;
/** Milliseconds. An idle environment lives this long; unspecified by AWS, minutes in practice. */
export const ENVIRONMENT_IDLE_MS = 10 * 60 * 1000;
/** Bytes of headers of one request: AWS's 1 MB is for line and headers together; ours is Node's parser limit. */
export const REQUEST_HEADERS_BYTES_MAX = 64 * KIB;
/** Bytes of a request body that is decoded as a whole, for services that say nothing else. */
export const REQUEST_BODY_BYTES_MAX = 10 * MIB;
/** Bytes. One PUT to S3. */
export const S3_OBJECT_BYTES_MAX = 5 * 1024 * MIB;
/** Bytes of one log event, and of one PutLogEvents batch: messages in UTF-8 and 26 bytes each (PutLogEvents, API reference). */
export const LOG_EVENT_BYTES_MAX = MIB;
export const LOG_BATCH_BYTES_MAX = MIB;
export const LOG_EVENT_OVERHEAD_BYTES = 26;
/** Milliseconds that an event's timestamp may lie ahead or behind, and that a batch may span (PutLogEvents, API reference). */
export const LOG_EVENT_AHEAD_MS_MAX = 2 * 60 * 60 * 1000;
export const LOG_EVENT_BEHIND_MS_MAX = 14 * 24 * 60 * 60 * 1000;
export const LOG_BATCH_SPAN_MS_MAX = 24 * 60 * 60 * 1000;
/** Events and bytes in one page of GetLogEvents or FilterLogEvents (API reference). */
export const LOG_PAGE_EVENTS_MAX = 10_000;
export const LOG_PAGE_BYTES_MAX = MIB;
/** Bytes, roughly, that one FilterLogEvents call looks at before it answers with a token; ours, so that a search never holds the server. */
export const LOG_SCAN_WORK_MAX = 48 * MIB;
/** Bytes of log events kept per group and in all, and days without a retention setting; ours: history is bounded, the oldest goes first. */
export const LOG_GROUP_BYTES_MAX = 256 * MIB;
export const LOGS_BYTES_MAX = 1024 * MIB;
export const LOG_EVENT_DAYS_MAX = 30;
/** Platform time between two sweeps of old events in milliseconds, or bytes written between them, whichever is sooner. */
export const LOG_SWEEP_MS = 60 * 60 * 1000;
export const LOG_SWEEP_BYTES = 32 * MIB;
/** Tags on a log group (TagResource, API reference). */
export const LOG_GROUP_TAGS_MAX = 50;
/** Subscription filters and metric filters of a log group, resource policies of an account in a region, and characters of one ("CloudWatch Logs quotas"). */
export const LOG_SUBSCRIPTION_FILTERS_MAX = 2;
export const LOG_METRIC_FILTERS_MAX = 100;
export const LOG_RESOURCE_POLICIES_MAX = 10;
export const LOG_RESOURCE_POLICY_CHARACTERS_MAX = 5_120;
/** Dimensions of a metric that a filter counts ("MetricTransformation", API reference). */
export const LOG_METRIC_DIMENSIONS_MAX = 3;
/** Milliseconds that functions' lines wait for those that come next, to be forwarded together, and bytes that are as many as go together. Ours. */
export const LOG_FORWARD_GATHER_MS = 500;
export const LOG_FORWARD_BYTES_MAX = 512 * KIB;
/** Bytes, roughly, that filters look at in new log events before others are answered. Ours. */
export const LOG_INGEST_WORK_MAX = 8 * MIB;
/** Of a line in the embedded metric format: metrics of a directive, values of a metric (its specification), and points in all (ours). */
export const EMF_METRICS_MAX = 100;
export const EMF_VALUES_MAX = 100;
export const EMF_POINTS_MAX = 1_000;
/** Log groups whose filters, and whose counters, are kept at hand. Ours. */
export const LOG_GROUPS_KEPT_MAX = 1_000;
/** Bytes. The disk's last part, where only the database may still write: several times its log. Ours. */
export const BLOB_RESERVED_BYTES = 64 * MIB;
/** Bytes of unpacked packages that are kept for functions that do not run just now. Ours. */
export const CODE_CACHE_BYTES_MAX = 2 * 1024 * MIB;
/** Bytes of a stream between two looks at the free space. Ours. */
export const BLOB_SPACE_CHECK_BYTES = 16 * MIB;
/** Bytes read from a blob at once. Ours. */
export const BLOB_READ_CHUNK_BYTES = 256 * KIB;
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
/** Keys, uploads, parts or objects in one answer or request of S3 (API reference), and buckets in one of ListBuckets. */
export const S3_PAGE_MAX = 1_000;
export const S3_BUCKETS_PAGE_MAX = 10_000;
/** Buckets of one account (Amazon S3 quotas). */
export const S3_BUCKETS_PER_ACCOUNT_MAX = 10_000;
/** Bytes, UTF-8, of an object's key; of its user-defined metadata, names and values (S3 user guide). */
export const S3_KEY_BYTES_MAX = 1_024;
export const S3_METADATA_BYTES_MAX = 2 * KIB;
/** Multipart uploads: part numbers from 1, bytes of every part but the last, bytes of the whole (S3 user guide). */
export const S3_PART_NUMBER_MAX = 10_000;
export const S3_PART_BYTES_MIN = 5 * MIB;
export const S3_MULTIPART_BYTES_MAX = 48_828_125 * MIB;
/** Tags of an object, of a bucket (S3 user guide). */
export const S3_OBJECT_TAGS_MAX = 10;
export const S3_BUCKET_TAGS_MAX = 50;
/** Bytes of a bucket's policy; notification configurations of a bucket (Amazon S3 quotas). */
export const S3_POLICY_BYTES_MAX = 20 * KIB;
export const S3_NOTIFICATIONS_MAX = 100;
/** Rows that S3's clean-up after a crash looks at in one turn of the store. Ours. */
export const S3_SWEEP_ROWS = 500;
/** Environments that a function may gain per window, and the window in milliseconds ("Lambda function scaling"). */
export const SCALING_ENVIRONMENTS = 1_000;
export const SCALING_WINDOW_MS = 10_000;
/** Synchronous requests per second for each execution that may run at once ("Lambda quotas"). */
export const REQUESTS_PER_SECOND_AND_CONCURRENCY = 10;
/** Environments for tenants, active or idle, for each execution that a function may have: 2,500 per 1,000 ("Troubleshooting tenant isolation"). */
export const TENANT_ENVIRONMENTS_PER_CONCURRENCY = 2.5;
/** Milliseconds. INIT of a provisioned environment: this, or the function's timeout if that is longer ("Understanding the Lambda execution environment lifecycle"). */
export const PROVISIONED_INIT_TIMEOUT_MS = 130_000;
/** Milliseconds of platform time until provisioned environments that could not be made are tried again, doubling up to the most. Ours. */
export const PROVISIONED_RETRY_MS_FIRST = 60_000;
export const PROVISIONED_RETRY_MS_MAX = 15 * 60_000;
/** Milliseconds before a provisioned environment can be used no more at which its successor is begun. Ours. */
export const PROVISIONED_SUCCESSOR_MS = 5 * 60_000;
/** Provisioned concurrency configurations on one page (ListProvisionedConcurrencyConfigs, API reference). */
export const PROVISIONED_CONFIGS_PAGE_MAX = 50;
/** Milliseconds before the end of its credentials at which an environment is used no more; ours. */
export const CREDENTIALS_MARGIN_MS = 5 * 60 * 1000;
/** Milliseconds. After throttles and system errors: 1 s, doubling to 5 min ("Asynchronous invocation"). */
export const ASYNC_BACKOFF_MS_FIRST = 1_000;
export const ASYNC_BACKOFF_MS_MAX = 5 * 60 * 1000;
/** Asynchronous invocations at once, in all and of one function; ours, so that one busy function leaves room for the others. */
export const ASYNC_IN_FLIGHT_MAX = 200;
export const ASYNC_IN_FLIGHT_PER_FUNCTION_MAX = 50;
/** Combinations that the `$or`s of one event pattern may leave ("Amazon EventBridge quotas"). */
export const PATTERN_ALTERNATIVES_MAX = 1_000;
/** Levels of an event that a pattern looks into, and nodes that are looked at for one pattern and event: about as many as a message of 1 MiB can have. Ours. */
export const PATTERN_DEPTH_MAX = 1_000;
export const PATTERN_STEPS_MAX = 500_000;
/** The same for all patterns of a set together; a value that is looked at is one, and one more for each 16 of its bytes. Ours: less than a second. */
export const PATTERN_SET_STEPS_MAX = 5_000_000;
/** "A filter policy can have a maximum of five keys", and "the total combination of values must not exceed 150" (Amazon SNS developer guide). */
export const FILTER_POLICY_KEYS_MAX = 5;
export const FILTER_POLICY_COMBINATIONS_MAX = 150;
/** Event source mappings: records of a batch unless said, filters of one ("Lambda quotas"), mappings on one page (ListEventSourceMappings, API reference). */
export const MAPPING_BATCH_SIZE_DEFAULT = 10;
export const MAPPING_FILTERS_MAX = 5;
export const MAPPINGS_PAGE_MAX = 100;
/** Messages that one poll of a queue gives, and the seconds for which it waits for them: the most that SQS allows. */
export const MAPPING_POLL_MESSAGES_MAX = 10;
export const MAPPING_POLL_SECONDS = 20;
/** Polls at once with which one batch is gathered while its queue has a backlog. Ours. */
export const MAPPING_POLLS_AT_ONCE_MAX = 8;
/** Batches at once of one mapping: at first, more per minute while there is a backlog, and at most ("Configuring scaling behavior for SQS event source mappings"). */
export const MAPPING_CONCURRENCY_FIRST = 5;
export const MAPPING_CONCURRENCY_PER_MINUTE = 300;
export const MAPPING_CONCURRENCY_MAX = 1_250;
/** The same with provisioned pollers: how many there are unless said, invocations of each, and how fast they become more (the same guide). */
export const MAPPING_PROVISIONED_POLLERS_DEFAULT = { minimum: 2, maximum: 200 };
export const MAPPING_INVOCATIONS_PER_POLLER = 10;
export const MAPPING_PROVISIONED_CONCURRENCY_PER_MINUTE = 1_000;
/** Milliseconds. A batch that is full so soon after it was asked for came out of a backlog. Ours. */
export const MAPPING_BACKLOG_MS = 1_000;
/** Milliseconds until what could not be done (to receive, to delete) is tried again, doubling up to the most. Ours. */
export const MAPPING_BACKOFF_MS_FIRST = 1_000;
export const MAPPING_BACKOFF_MS_MAX = 60_000;
/** Milliseconds until a throttled batch is tried again, doubling up to the most. Ours. */
export const MAPPING_THROTTLE_MS_FIRST = 100;
export const MAPPING_THROTTLE_MS_MAX = 10_000;
/** EventBridge Pipes: batches at once of one pipe ("Amazon Simple Queue Service as a source in EventBridge Pipes"), milliseconds that one may take ("EventBridge Pipes quotas"), bytes of an enrichment's answer, and of a log record. */
export const PIPE_CONCURRENCY_MAX = 1_000;
export const PIPE_EXECUTION_MS_MAX = 5 * 60_000;
export const PIPE_ANSWER_BYTES_MAX = 6 * MIB;
export const PIPE_LOG_RECORD_BYTES_MAX = 256 * KIB;
/** Values that the paths of a template may pass in one batch. Ours: some tenths of a second. */
export const PIPE_TEMPLATE_STEPS_MAX = 1_000_000;
/** Pipes of an account in a region ("EventBridge Pipes quotas"), tags of one, and characters of a StateReason. */
export const PIPES_MAX = 1_000;
export const PIPE_TAGS_MAX = 50;
/** Milliseconds that a change of a pipe takes; AWS takes up to a minute, unspecified. */
export const PIPE_SETTLE_MS = 150;
export const PIPE_REASON_CHARACTERS_MAX = 512;
export const PIPES_PAGE_MAX = 100;
/** Milliseconds for which a pipe whose enrichment or target refuses everything receives nothing, doubling up to the most. Ours. */
export const PIPE_REST_MS_FIRST = 1_000;
export const PIPE_REST_MS_MAX = 60_000;
/** Deliveries at once, in all and to one target, milliseconds between their attempts, and how long they are tried; ours: AWS gives no number for S3. */
export const DELIVERIES_IN_FLIGHT_MAX = 100;
export const DELIVERIES_IN_FLIGHT_PER_TARGET_MAX = 25;
/** Deliveries that go from memory to their first try; ours. More are read from the disk. */
export const DELIVERIES_HANDED_OVER_MAX = 500;
/** Of those in all, to HTTP endpoints, which may take as long as they like: the others go on beside them. */
export const DELIVERIES_IN_FLIGHT_OUTWARD_MAX = 60;
export const DELIVERY_BACKOFF_MS_FIRST = 1_000;
export const DELIVERY_BACKOFF_MS_MAX = 5 * 60 * 1000;
export const DELIVERY_AGE_MS_MAX = 24 * 60 * 60 * 1000;
/** Milliseconds until an HTTP endpoint has to have answered ("Amazon SNS message delivery retries": 15 seconds), and bytes of its answer that are read; the latter ours. */
export const HTTP_DELIVERY_TIMEOUT_MS = 15_000;
export const HTTP_DELIVERY_ANSWER_BYTES_MAX = 64 * KIB;
/** EventBridge ("Amazon EventBridge quotas", API reference): buses of an account in a region, targets of a rule, connections, API destinations, tags, and what a page of a list holds. */
export const EVENT_BUSES_MAX = 100;
export const EVENT_RULE_TARGETS_MAX = 5;
export const EVENT_CONNECTIONS_MAX = 3_000;
export const EVENT_API_DESTINATIONS_MAX = 3_000;
export const EVENT_TAGS_MAX = 50;
export const EVENT_BUS_POLICY_BYTES_MAX = 10_240;
export const EVENTS_PAGE_MAX = 100;
/** API destinations: milliseconds that an endpoint has ("a maximum client execution timeout of 5 seconds"), requests in a second unless told otherwise, and bytes of an answer that are read (a dead letter tells them; ours). */
export const API_DESTINATION_TIMEOUT_MS = 5_000;
export const API_DESTINATION_RATE_PER_SECOND = 300;
export const API_DESTINATION_ANSWER_BYTES_MAX = 256;
/** OAuth tokens of connections: milliseconds before its end that another one is asked for ("Authorization methods for connections": 60 seconds); how many are kept and bytes of an authorization endpoint's answer, both ours. */
export const OAUTH_TOKEN_SPARE_MS = 60_000;
export const OAUTH_TOKENS_MAX = 3_000;
export const OAUTH_TOKEN_ANSWER_BYTES_MAX = 64 * KIB;
/** A request of PutEvents (1 MB since 2026: "PutEvents", API reference), and how deep its details may be nested. */
export const EVENT_REQUEST_BYTES_MAX = MIB;
export const EVENT_DETAIL_DEPTH_MAX = 1_000;
/** Archives' and replays' bounds ("Amazon EventBridge quotas"): replays at work in an account and region, days that one is remembered. */
export const REPLAYS_RUNNING_MAX = 10;
export const REPLAY_DAYS_MAX = 90;
/** Events and bytes of a replay in one commit, events of an archive that are swept in one, and milliseconds between sweeps; ours. */
export const REPLAY_BATCH_EVENTS_MAX = 100;
export const REPLAY_BATCH_BYTES_MAX = 4 * MIB;
export const ARCHIVE_SWEEP_EVENTS_MAX = 500;
export const ARCHIVE_SWEEP_MS = 60 * 60 * 1000;
/** Rules whose time has come in one commit, and milliseconds that a schedule may be late before those after it are passed over; ours. */
export const RULE_TICKS_MAX = 100;
export const RULE_TICK_LATE_MS_MAX = 60_000;
/** How often and how long a target is tried ("Event retry policy", EventBridge user guide), and the pauses between, which double; the latter ours: 185 tries take a day. */
export const EVENT_RETRY_ATTEMPTS_MAX = 185;
export const EVENT_RETRY_AGE_SECONDS_MAX = 86_400;
export const EVENT_BACKOFF_MS_FIRST = 1_000;
export const EVENT_BACKOFF_MS_MAX = 10 * 60 * 1000;
/** Entries of the ledger in all and not yet written, and milliseconds that one is kept; ours. */
export const LEDGER_ENTRIES_MAX = 500_000;
export const LEDGER_PENDING_MAX = 50_000;
export const LEDGER_AGE_MS_MAX = 14 * 24 * 60 * 60 * 1000;
/** Entries, and milliseconds of platform time, between two looks at what the ledger has too much of, whichever is sooner; ours. */
export const LEDGER_PRUNE_ENTRIES = 200;
export const LEDGER_PRUNE_MS = 60 * 60 * 1000;
/** Characters of one log event, lines and characters of one invocation; ours: a longer line is several events, a flood is cut, and says so. */
export const LOG_LINE_CHARACTERS_MAX = 256 * KIB;
export const LOG_LINES_PER_INVOCATION_MAX = 100_000;
export const LOG_BYTES_PER_INVOCATION_MAX = 32 * MIB;
/** Lines of one write, and characters of one stream that are not yet written; beyond them its function waits. Ours. */
export const LOG_BATCH_LINES_MAX = 1_000;
export const LOG_PENDING_CHARACTERS_MAX = 2 * MIB;
/** Log streams of environments that are known to exist. Ours. */
export const LOG_STREAMS_REMEMBERED_MAX = 2_000;
/** Milliseconds that a function is Pending after its creation, or InProgress after an update; AWS takes seconds, unspecified. */
export const FUNCTION_SETTLE_MS = 150;
/** Characters of a function's name without its ARN; functions on one page of ListFunctions (API reference). */
export const FUNCTION_NAME_CHARACTERS_MAX = 64;
export const FUNCTIONS_PAGE_MAX = 50;
/** Tags of a function ("Using tags on Lambda functions"). */
export const FUNCTION_TAGS_MAX = 50;
/** Bytes of a client context in base64 ("Invoke", API reference). */
export const CLIENT_CONTEXT_BYTES_MAX = 3_583;
/** Characters without white space of a managed policy, of a role's trust policy, and of all inline policies of one role or user (IAM quotas). */
export const MANAGED_POLICY_CHARACTERS_MAX = 6_144;
export const TRUST_POLICY_CHARACTERS_MAX = 2_048;
export const INLINE_POLICY_CHARACTERS_MAX = { role: 10_240, user: 2_048 } as const;
/** Managed policies attached to one role or user; versions of a managed policy; access keys of a user; tags of anything (IAM quotas). */
export const ATTACHED_POLICIES_MAX = 10;
export const POLICY_VERSIONS_MAX = 5;
export const ACCESS_KEYS_PER_USER_MAX = 2;
export const IAM_TAGS_MAX = 50;
/** Seconds of a session: by default, at most, and at most when a session assumed the role (AssumeRole, API reference). */
export const SESSION_SECONDS_DEFAULT = 3_600;
export const SESSION_SECONDS_MAX = 43_200;
export const CHAINED_SESSION_SECONDS_MAX = 3_600;
/** Seconds of GetSessionToken: by default, and at most of the root of an account (API reference). */
export const SESSION_TOKEN_SECONDS_DEFAULT = 43_200;
export const SESSION_TOKEN_SECONDS_ROOT_MAX = 3_600;
/** Managed policies given to one session (AssumeRole, API reference); bytes of policies and tags together, ours: AWS packs them into an unpublished form. */
export const SESSION_POLICY_ARNS_MAX = 10;
export const SESSION_PACKED_BYTES_MAX = 4_096;
/** Extensions of a function ("Using the Lambda Extensions API"). */
export const EXTENSIONS_MAX = 10;
/** Milliseconds that SHUTDOWN may take: without extensions, with internal ones only, with external ones; and the part of the last that the runtime gets (the same guide). */
export const SHUTDOWN_MS = { none: 0, internal: 500, external: 2_000 };
export const SHUTDOWN_RUNTIME_MS = 300;
/** Buffering of a telemetry subscription: the least, the most, what it is unless said ("Lambda Telemetry API"; the Logs API has the same). */
export const TELEMETRY_BUFFERING = {
  maxItems: { least: 1_000, most: 10_000, default: 10_000 },
  maxBytes: { least: 262_144, most: 1_048_576, default: 262_144 },
  timeoutMs: { least: 25, most: 30_000, default: 1_000 },
};
/** Milliseconds. A subscriber that has not taken a batch after this time is asked again; between two attempts, doubling. Ours. */
export const TELEMETRY_DELIVERY_MS_MAX = 5_000;
export const TELEMETRY_RETRY_MS_FIRST = 100;
export const TELEMETRY_RETRY_MS_MAX = 3_000;
/** Milliseconds. What was buffered is delivered before an environment is frozen, but it is not kept awake for longer than this. Ours. */
export const TELEMETRY_FLUSH_MS_MAX = 500;
/** Milliseconds of SHUTDOWN that subscribers have to take what was buffered, before they are told to end. Ours. */
export const TELEMETRY_SHUTDOWN_MS_MAX = 500;
/** Events of INIT that are kept for those who subscribe after them, and their bytes. Ours. */
export const TELEMETRY_BACKLOG_ITEMS_MAX = 1_000;
export const TELEMETRY_BACKLOG_BYTES_MAX = 256 * KIB;
/** Bytes of a request to the Extensions API or to the Telemetry API, and of a subscriber's answer that are read. Ours. */
export const EXTENSION_REQUEST_BYTES_MAX = 64 * KIB;

/** How long a nursery that nobody asks for is kept: it holds an interpreter, and the sandboxes that wait. */
export const NURSERY_IDLE_MS = 10 * 60 * 1_000;
/** Days that points of a minute are kept ("Amazon CloudWatch concepts"), hours that those of a second are, and points in all (ours). */
export const METRIC_POINT_DAYS_MAX = 15;
export const METRIC_POINTS_MAX = 2_000_000;
/** Milliseconds between two writes of what was counted, and between two looks for what is too old. Ours. */
export const METRIC_GATHER_MS = 5_000;
export const METRIC_SWEEP_MS = 60 * 60 * 1000;
/** Points that others tell of and that are not written yet: who tells of more waits. Ours. */
export const METRIC_RECORDED_MAX = 5_000;
/** Of one PutMetricData: values (different ones) of a datum, data, dimensions of a datum ("PutMetricData", API reference). */
export const METRIC_VALUES_MAX = 150;
export const METRIC_DATA_MAX = 1_000;
export const METRIC_DIMENSIONS_MAX = 30;
/** Milliseconds that the time of a datum may lie behind and ahead ("PutMetricData", API reference). */
export const METRIC_BEHIND_MS_MAX = 14 * 24 * 60 * 60 * 1000;
export const METRIC_AHEAD_MS_MAX = 2 * 60 * 60 * 1000;
/** Points of one GetMetricStatistics and of one GetMetricData, queries of the latter, and metrics of a page of ListMetrics (API reference). */
export const METRIC_STATISTICS_POINTS_MAX = 1_440;
export const METRIC_DATA_POINTS_MAX = 100_800;
export const METRIC_DATA_QUERIES_MAX = 500;
export const METRICS_PAGE_MAX = 500;
/** Alarms of one DeleteAlarms, on one page, and items of one page of history; tags of an alarm (API reference). Days that history is kept ("DescribeAlarmHistory": 30). */
export const ALARMS_PAGE_MAX = 100;
export const ALARM_TAGS_MAX = 50;
export const ALARM_HISTORY_DAYS_MAX = 30;
/** Seconds that the periods of an alarm may span: of those shorter than an hour, and of the others ("PutMetricAlarm", API reference). */
export const ALARM_SPAN_SECONDS_MAX = 86_400;
export const ALARM_LONG_SPAN_SECONDS_MAX = 7 * 86_400;
/** Alarms of an account in a region (the quota can be raised on AWS), and how many are looked at at once. Ours. */
export const ALARMS_MAX = 10_000;
export const ALARMS_AT_ONCE = 50;
/** Milliseconds after a queue's deletion in which its name is taken, and between two purges of it (CreateQueue, PurgeQueue, API reference). */
export const QUEUE_NAME_HELD_MS = 60_000;
export const QUEUE_PURGE_MS = 60_000;
/** Functions whose metrics are kept at hand, and of each what it is invoked by. Ours. */
export const FUNCTIONS_MEASURED_MAX = 1_000;
/** Queues whose metrics are kept at hand. Ours. */
export const QUEUES_MEASURED_MAX = 1_000;
/** Queues on one page (ListQueues, API reference). */
export const QUEUES_PAGE_MAX = 1_000;
/** Tags of a queue; characters of a key and of a value ("Amazon SQS queue quotas"). */
export const QUEUE_TAGS_MAX = 50;
export const QUEUE_TAG_KEY_CHARACTERS_MAX = 128;
export const QUEUE_TAG_VALUE_CHARACTERS_MAX = 256;
/** Of a queue's policy: bytes, statements, principals, conditions, and actions of a statement that AddPermission makes ("Amazon SQS policy quotas"). */
export const QUEUE_POLICY_BYTES_MAX = 8 * KIB;
export const QUEUE_POLICY_STATEMENTS_MAX = 20;
export const QUEUE_POLICY_PRINCIPALS_MAX = 50;
export const QUEUE_POLICY_CONDITIONS_MAX = 10;
export const QUEUE_PERMISSION_ACTIONS_MAX = 7;
/** Receives before a message goes to the dead-letter queue; source queues that a dead-letter queue may name (SetQueueAttributes, API reference). */
export const QUEUE_RECEIVES_MAX = 1_000;
export const QUEUE_REDRIVE_SOURCES_MAX = 10;
/** Message move tasks: messages in a second, tasks that are told of each source, and of one account at the same time (StartMessageMoveTask, ListMessageMoveTasks, API reference). */
export const MOVE_MESSAGES_PER_SECOND_MAX = 500;
export const MOVE_TASKS_LISTED_MAX = 10;
export const MOVE_TASKS_ACTIVE_MAX = 100;
/** Messages that are swept, or moved, and bytes of them, in one commit, so that the event loop is held for some milliseconds. Ours. */
export const MESSAGES_PER_SWEEP = 200;
export const MESSAGES_PER_MOVE = 100;
export const MESSAGE_BYTES_PER_SWEEP = 4 * MIB;

/** SQS ("Amazon SQS quotas" and the API reference). Bytes of a message, and of all messages of a batch: body, names, types and values of its attributes. */
export const SQS_MESSAGE_BYTES_MAX = MIB;
export const SQS_BATCH_ENTRIES_MAX = 10;
export const SQS_MESSAGE_ATTRIBUTES_MAX = 10;
/** Characters of an attribute's name, and of its type. */
export const SQS_ATTRIBUTE_NAME_CHARACTERS_MAX = 256;
export const SQS_RECEIVE_MESSAGES_MAX = 10;
/** Seconds. */
export const SQS_WAIT_SECONDS_MAX = 20;
export const SQS_DELAY_SECONDS_MAX = 900;
export const SQS_VISIBILITY_SECONDS_MAX = 43_200;
/** Milliseconds in which a message is known as sent before, and a receive as tried before. */
export const SQS_DEDUPLICATION_MS = 5 * 60 * 1_000;
/** Messages of a queue that are received and not deleted: standard ones, and FIFO ones since November 2024. */
export const SQS_IN_FLIGHT_MAX = 120_000;
/** A message group is noisy when it has so large a part of what is in flight, and so many: the others go before it ("Fair queues"). */
export const SQS_NOISY_SHARE = 0.1;
export const SQS_NOISY_IN_FLIGHT_MIN = 30;
/** Messages that are looked through, and groups that are visited, for those of quiet groups; in one receive. Ours. */
export const SQS_QUIET_MESSAGES_LOOKED_AT = 200;
export const SQS_QUIET_GROUPS_LOOKED_AT = 32;
/** Messages that one commit moves to a dead-letter queue or finds too old before it gives none; and that one piece of a sweep removes. Ours. */
export const SQS_PASSED_OVER_MAX = 100;
export const SQS_SWEEP_MESSAGES = 500;
/** Bytes of the JSON before the body of a streamed HTTP answer. Ours: AWS gives no number; headers that a client takes are far less. */
export const HTTP_PRELUDE_BYTES_MAX = 128 * KIB;
/** Of WebSocket APIs: bytes of a message; milliseconds that a connection may be idle, and that it may last ("Quotas for configuring and running a WebSocket API"). */
export const WEBSOCKET_MESSAGE_BYTES_MAX = 128 * KIB;
export const WEBSOCKET_IDLE_MS_MAX = 10 * 60_000;
export const WEBSOCKET_DURATION_MS_MAX = 2 * 60 * 60_000;
/** Milliseconds in which a client must agree to the end of its WebSocket; then it is cut off. Ours. */
export const WEBSOCKET_CLOSE_MS_MAX = 5_000;
/** Milliseconds. A session of a role that API Gateway, EventBridge or another service acts as, and how long before its end another one is begun. Ours: an hour is STS's default. */
export const SERVICE_ROLE_SESSION_MS = 60 * 60_000;
export const SERVICE_ROLE_SESSION_SPARE_MS = 5 * 60_000;
/** Sessions of roles that each service keeps; ours. */
export const SERVICE_ROLE_SESSIONS_MAX = 10_000;

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

/** EventBridge Scheduler ("Quotas for Amazon EventBridge Scheduler"). Groups of an account in a region, the default group with them. */
export const SCHEDULE_GROUPS_MAX = 500;
/** Bytes of a target's Input. */
export const SCHEDULE_INPUT_BYTES_MAX = 256 * KIB;
/** Tags of a group, and entries of a page of a list (API reference). */
export const SCHEDULE_GROUP_TAGS_MAX = 200;
export const SCHEDULES_PAGE_MAX = 100;
/** Milliseconds for which a one-time schedule may be late when it is made: a schedule runs within the minute that it names. */
export const SCHEDULE_PRECISION_MS = 60_000;
/** Milliseconds before now that a StartDate may name, seen on AWS. */
export const SCHEDULE_START_PAST_MS_MAX = 5 * 60_000;
/** Milliseconds for which a ClientToken is known. Ours: AWS tells none; retries of the SDKs are over by then. */
export const SCHEDULE_TOKEN_MS = 10 * 60_000;
/** Schedules in one commit: that are run, and that a deleted group takes along. Ours. */
/** Later than this, a schedule's moments after the one that is late are passed over, as a rule's are. */
export const SCHEDULE_LATE_MS_MAX = RULE_TICK_LATE_MS_MAX;
export const SCHEDULES_PER_COMMIT = 200;
export const SCHEDULES_PER_SWEEP = 500;
/** SNS ("Amazon SNS endpoints and quotas", and the API reference). Bytes of a message, and of all messages of a batch: its text, and names, types and values of its attributes. */
export const SNS_MESSAGE_BYTES_MAX = 256 * KIB;
export const SNS_BATCH_ENTRIES_MAX = 10;
export const SNS_SUBJECT_CHARACTERS_MAX = 100;
export const SNS_ATTRIBUTE_NAME_CHARACTERS_MAX = 256;
/** Topics, subscriptions on one page. */
export const SNS_PAGE_MAX = 100;
export const SNS_TAGS_MAX = 50;
/** Bytes of a topic's policy; ours, about SQS's and more. */
export const SNS_POLICY_BYTES_MAX = 30 * KIB;
/** Milliseconds for which a subscription can be confirmed ("The token is valid for three days"), and for which a FIFO topic knows a message again. */
export const SNS_CONFIRMATION_MS = 3 * 24 * 60 * 60 * 1_000;
export const SNS_DEDUPLICATION_MS = 5 * 60 * 1_000;
/** What is forgotten of it with each message that comes. Ours. */
export const SNS_SWEEP_MESSAGES = 100;
/** Topics whose subscriptions are kept in memory as they were read; ours. */
export const SNS_TOPICS_KEPT_MAX = 1_000;
/** Mail of one account that is kept, and for how many milliseconds; ours. */
export const MAIL_MAX = 1_000;
export const MAIL_AGE_MS_MAX = 14 * 24 * 60 * 60 * 1_000;
