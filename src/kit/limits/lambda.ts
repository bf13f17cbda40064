import { KIB, MIB } from "../units.ts";

/** Bytes. A synchronous payload, each way. */
export const SYNC_PAYLOAD_BYTES_MAX = 6 * MIB;
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
/** Bytes, keys and values. */
export const ENVIRONMENT_BYTES_MAX = 4 * KIB;
/** Bytes. A function's resource-based policy. */
export const POLICY_BYTES_MAX = 20 * KIB;
/** Environments. An account's concurrency. */
export const ACCOUNT_CONCURRENCY = 1_000;
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
/** Code signing configurations, or functions that use one, on one page. Ours: the API reference gives 10,000 for what may be asked for, and none for what is given. */
export const CODE_SIGNING_PAGE_MAX = 50;
/** Environments that begin at once for each CPU, and milliseconds after which the next may begin although INIT is not over. Ours. */
export const ENVIRONMENT_STARTS_PER_CPU = 2;
export const START_TURN_MS = 1_000;
/** Milliseconds. An idle environment lives this long; unspecified by AWS, minutes in practice. */
export const ENVIRONMENT_IDLE_MS = 10 * 60 * 1000;
/** Bytes of unpacked packages that are kept for functions that do not run just now. Ours. */
export const CODE_CACHE_BYTES_MAX = 2 * 1024 * MIB;
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
/** Beside all of those, one of each function that has none running: ours, so that long runs of some do not hold up the others' first. */
export const ASYNC_FIRST_IN_FLIGHT_MAX = 200;
/** Events that wait in memory for their turn, in all and of one function, and their bytes; ours. More wait on the disk. */
export const ASYNC_HANDED_OVER_MAX = 500;
export const ASYNC_HANDED_OVER_PER_FUNCTION_MAX = 100;
export const ASYNC_HANDED_OVER_BYTES_MAX = 16 * MIB;
/** Milliseconds that a function is Pending after its creation, or InProgress after an update; AWS takes seconds, unspecified. */
export const FUNCTION_SETTLE_MS = 150;
/** Characters of a function's name without its ARN; functions on one page of ListFunctions (API reference). */
export const FUNCTION_NAME_CHARACTERS_MAX = 64;
export const FUNCTIONS_PAGE_MAX = 50;
/** Tags of a function ("Using tags on Lambda functions"). */
export const FUNCTION_TAGS_MAX = 50;
/** Bytes of a client context in base64 ("Invoke", API reference). */
export const CLIENT_CONTEXT_BYTES_MAX = 3_583;
