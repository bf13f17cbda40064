import type { RetryPhase, RetryPolicy } from "../../plumber/delivery.ts";
import { AttributeFault } from "./errors.ts";

/** Of HTTP endpoints; seconds. Source: "Creating an HTTP/S delivery policy", SNS developer guide. */
interface HealthyRetryPolicy {
  minDelayTarget: number;
  maxDelayTarget: number;
  numRetries: number;
  numMaxDelayRetries: number;
  numNoDelayRetries: number;
  numMinDelayRetries: number;
  backoffFunction: Backoff;
}

const BACKOFFS = ["linear", "arithmetic", "geometric", "exponential"] as const;
type Backoff = (typeof BACKOFFS)[number];

interface ThrottlePolicy {
  maxReceivesPerSecond: number;
}

interface RequestPolicy {
  headerContentType: string;
}

interface Policies {
  healthyRetryPolicy?: HealthyRetryPolicy;
  throttlePolicy?: ThrottlePolicy;
  requestPolicy?: RequestPolicy;
}

const DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8";
const DEFAULT_RETRIES: HealthyRetryPolicy = { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numMaxDelayRetries: 0, numNoDelayRetries: 0, numMinDelayRetries: 0, backoffFunction: "linear" };
const RETRIES_MAX = 100;
/** "The total retry time for HTTP/S endpoints cannot exceed 3,600 seconds"; no single pause is longer. */
const SECONDS_MAX = 3_600;
const PLAIN_TYPES = ["application/json", "text/plain"];
const RAW_TYPES = [
  "application/atom+xml", "application/json", "application/octet-stream", "application/soap+xml", "application/x-www-form-urlencoded", "application/xhtml+xml", "application/xml",
  "text/css", "text/csv", "text/html", "text/plain", "text/xml",
];

const fault = (text: string): AttributeFault => new AttributeFault(`DeliveryPolicy: ${text}`);

const record = (value: unknown, name: string): Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault(`${name} must be a JSON object`);
  return value as Record<string, unknown>;
};

const refuseOthers = (given: Record<string, unknown>, names: readonly string[], where: string): void => {
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined) throw fault(`Unexpected JSON member: ${where === "" ? "" : `${where}.`}${other}`);
};

const integer = (value: unknown, name: string, min: number, max: number): number => {
  if (typeof value === "string") throw fault(`${name} type mismatch, expecting integer, received a string`);
  if (typeof value !== "number" || !Number.isInteger(value)) throw fault(`${name} must be an integer`);
  if (value < min) throw fault(`${name} must be greater than or equal to ${min}`);
  if (value > max) throw fault(`${name} must be less than or equal to ${max}`);
  return value;
};

/** Tries again, with the pauses before them. */
const phasesOf = ({ minDelayTarget, maxDelayTarget, numRetries, numMaxDelayRetries, numNoDelayRetries, numMinDelayRetries, backoffFunction }: HealthyRetryPolicy): RetryPhase[] => {
  const [fromMs, toMs] = [minDelayTarget * 1_000, maxDelayTarget * 1_000];
  const all: RetryPhase[] = [
    { times: numNoDelayRetries, fromMs: 0, toMs: 0 },
    { times: numMinDelayRetries, fromMs, toMs: fromMs },
    { times: numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries, fromMs, toMs, curve: backoffFunction },
    { times: numMaxDelayRetries, fromMs: toMs, toMs },
  ];
  return all.filter(({ times }) => times > 0);
};

/** No less than the pauses take together. */
const secondsAtLeast = ({ numNoDelayRetries, numMaxDelayRetries, numRetries, minDelayTarget, maxDelayTarget }: HealthyRetryPolicy): number =>
  (numRetries - numNoDelayRetries - numMaxDelayRetries) * minDelayTarget + numMaxDelayRetries * maxDelayTarget;

const readRetries = (value: unknown, name: string): HealthyRetryPolicy => {
  const given = record(value, name);
  refuseOthers(given, Object.keys(DEFAULT_RETRIES), name);
  for (const required of ["numRetries", "minDelayTarget", "maxDelayTarget"]) if (given[required] === undefined || given[required] === null) throw fault(`${name}.${required} must be specified`);
  const count = (member: string) => integer(given[member] ?? 0, `${name}.${member}`, 0, RETRIES_MAX);
  const minDelayTarget = integer(given["minDelayTarget"], `${name}.minDelayTarget`, 1, SECONDS_MAX);
  const maxDelayTarget = integer(given["maxDelayTarget"], `${name}.maxDelayTarget`, 1, SECONDS_MAX);
  if (maxDelayTarget < minDelayTarget) throw fault(`${name}.maxDelayTarget must be greater than or equal to minDelayTarget`);
  const policy: HealthyRetryPolicy = {
    minDelayTarget, maxDelayTarget,
    numRetries: count("numRetries"), numMaxDelayRetries: count("numMaxDelayRetries"), numNoDelayRetries: count("numNoDelayRetries"), numMinDelayRetries: count("numMinDelayRetries"),
    backoffFunction: readBackoff(given["backoffFunction"], name),
  };
  if (policy.numNoDelayRetries + policy.numMinDelayRetries + policy.numMaxDelayRetries > policy.numRetries) {
    throw fault(`${name}.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries`);
  }
  if (secondsAtLeast(policy) > SECONDS_MAX) throw fault(`${name}: the total retry time must not exceed ${SECONDS_MAX} seconds`);
  return policy;
};

const readBackoff = (value: unknown, name: string): Backoff => {
  const found = BACKOFFS.find((one) => one === (value ?? "linear"));
  if (found === undefined) throw fault(`${name}.backoffFunction must be one of: ${BACKOFFS.join(", ")}`);
  return found;
};

const readThrottle = (value: unknown, name: string): ThrottlePolicy | undefined => {
  const given = record(value, name);
  refuseOthers(given, ["maxReceivesPerSecond"], name);
  const rate = given["maxReceivesPerSecond"] ?? undefined;
  return rate === undefined ? undefined : { maxReceivesPerSecond: integer(rate, `${name}.maxReceivesPerSecond`, 1, 1_000_000) };
};

/** @param types which ones may be asked for */
const readRequest = (value: unknown, name: string, types: readonly string[]): RequestPolicy => {
  const given = record(value, name);
  refuseOthers(given, ["headerContentType"], name);
  const type = given["headerContentType"];
  const [, plain] = (typeof type === "string" ? /^([a-z+/-]+)(?:; ?charset=[\w-]+)?$/i.exec(type) : undefined) ?? [];
  if (typeof type !== "string" || plain === undefined || !types.includes(plain)) throw fault(`${name}.headerContentType is not a supported content type`);
  return { headerContentType: type };
};

const parse = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault("failed to parse JSON.");
  }
  return record(value, "policy");
};

const given = (value: unknown): boolean => value !== undefined && value !== null;

/** Throws AttributeFault. */
export const readTopicDeliveryPolicy = (text: string): string => {
  const policy = parse(text);
  refuseOthers(policy, ["http"], "");
  if (given(policy["http"])) readHttp(record(policy["http"], "http"));
  return text;
};

const readHttp = (http: Record<string, unknown>): Policies & { disableSubscriptionOverrides: boolean } => {
  refuseOthers(http, ["defaultHealthyRetryPolicy", "defaultSicklyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy", "disableSubscriptionOverrides"], "http");
  const { defaultHealthyRetryPolicy: retries, defaultThrottlePolicy: throttle, defaultRequestPolicy: request, disableSubscriptionOverrides = false } = http;
  if (typeof disableSubscriptionOverrides !== "boolean") throw fault("http.disableSubscriptionOverrides must be a boolean");
  return {
    disableSubscriptionOverrides,
    ...(given(retries) ? { healthyRetryPolicy: readRetries(retries, "http.defaultHealthyRetryPolicy") } : {}),
    ...withThrottle(given(throttle) ? readThrottle(throttle, "http.defaultThrottlePolicy") : undefined),
    ...(given(request) ? { requestPolicy: readRequest(request, "http.defaultRequestPolicy", PLAIN_TYPES) } : {}),
  };
};

const withThrottle = (throttlePolicy: ThrottlePolicy | undefined): Pick<Policies, "throttlePolicy"> => (throttlePolicy === undefined ? {} : { throttlePolicy });

/** Throws AttributeFault. */
export const readSubscriptionDeliveryPolicy = (text: string): string => {
  readOwn(text);
  return text;
};

const readOwn = (text: string): Policies => {
  const policy = parse(text);
  refuseOthers(policy, ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"], "");
  const { healthyRetryPolicy: retries, throttlePolicy: throttle, requestPolicy: request } = policy;
  return {
    ...(given(retries) ? { healthyRetryPolicy: readRetries(retries, "healthyRetryPolicy") } : {}),
    ...withThrottle(given(throttle) ? readThrottle(throttle, "throttlePolicy") : undefined),
    ...(given(request) ? { requestPolicy: readRequest(request, "requestPolicy", RAW_TYPES) } : {}),
  };
};

const httpOf = (topic: string | undefined): ReturnType<typeof readHttp> => {
  const http = topic === undefined ? undefined : parse(topic)["http"];
  return readHttp(given(http) ? record(http, "http") : {});
};

/** What a topic tells as its EffectiveDeliveryPolicy. */
export const effectiveTopicPolicy = (topic: string | undefined): string => {
  const { healthyRetryPolicy = DEFAULT_RETRIES, throttlePolicy, requestPolicy = { headerContentType: DEFAULT_CONTENT_TYPE }, disableSubscriptionOverrides } = httpOf(topic);
  return JSON.stringify({ http: { defaultHealthyRetryPolicy: healthyRetryPolicy, disableSubscriptionOverrides, ...(throttlePolicy === undefined ? {} : { defaultThrottlePolicy: throttlePolicy }), defaultRequestPolicy: requestPolicy } });
};

export interface EffectivePolicy extends Pick<Policies, "throttlePolicy"> {
  healthyRetryPolicy: HealthyRetryPolicy;
  requestPolicy: RequestPolicy;
}

/** A subscription's own, where its topic lets it have one, then the topic's, then AWS's. */
export const effectivePolicy = (topic: string | undefined, own: string | undefined): EffectivePolicy => {
  const { disableSubscriptionOverrides, ...ofTopic } = httpOf(topic);
  return { healthyRetryPolicy: DEFAULT_RETRIES, requestPolicy: { headerContentType: DEFAULT_CONTENT_TYPE }, ...ofTopic, ...(own === undefined || disableSubscriptionOverrides ? {} : readOwn(own)) };
};

/** What a subscription tells as its EffectiveDeliveryPolicy. */
export const describeEffectivePolicy = ({ healthyRetryPolicy, throttlePolicy = undefined, requestPolicy }: EffectivePolicy): string =>
  JSON.stringify({ healthyRetryPolicy, sicklyRetryPolicy: null, throttlePolicy: throttlePolicy ?? null, requestPolicy, guaranteed: false });

/** Longer than the phases of any policy: they are what ends it. */
const NO_AGE = Number.MAX_SAFE_INTEGER;

export const httpRetries = ({ healthyRetryPolicy }: EffectivePolicy): RetryPolicy => ({ phases: phasesOf(healthyRetryPolicy), ageMs: NO_AGE });

/** Of Lambda and SQS: 100,015 tries over 23 days. Source: "Amazon SNS message delivery retries". */
export const AWS_ENDPOINT_RETRIES: RetryPolicy = {
  ageMs: NO_AGE,
  phases: [
    { times: 3, fromMs: 0, toMs: 0 },
    { times: 2, fromMs: 1_000, toMs: 1_000 },
    { times: 10, fromMs: 1_000, toMs: 20_000, curve: "exponential" },
    { times: 100_000, fromMs: 20_000, toMs: 20_000 },
  ],
};
