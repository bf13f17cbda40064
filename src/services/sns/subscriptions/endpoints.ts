import { parseArn } from "../../../kit/arn.ts";
import { invalidParameter, notBuilt } from "../errors.ts";
import { isFifoName, type TopicName } from "../names.ts";

export type Protocol = "lambda" | "sqs" | "http" | "https" | "email" | "email-json";

const NOT_BUILT: Readonly<Record<string, string>> = { sms: "there is nobody to send text messages", application: "there are no mobile platforms", firehose: "there is no Data Firehose" };

/** What URL reads in more than one spelling, as `http:\\me:secret@host`, is none: a password is found and hidden in this one. */
const isUrl = (text: string, protocol: "http:" | "https:"): boolean => text.length <= 2_048 && /^https?:\/\/[^/\\\s][^\\\s]*$/i.test(text) && URL.parse(text)?.protocol === protocol;

const FUNCTION = /^function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?$/;
const QUEUE = /^[A-Za-z0-9_-]{1,80}(?:\.fifo)?$/;
/** One address, without a name before it. */
const MAIL = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,255}$/;

const checkArn = (text: string, service: string, resource: RegExp, refusal: string): void => {
  const arn = parseArn(text);
  if (arn?.service !== service || arn.region === "" || !/^\d{12}$/.test(arn.account) || !resource.test(arn.resource)) throw invalidParameter(refusal);
};

const checkMail = (text: string): void => {
  if (!MAIL.test(text)) throw invalidParameter("Email address");
};

const checkUrl = (text: string, protocol: "http:" | "https:"): void => {
  if (!isUrl(text, protocol)) throw invalidParameter("Endpoint must match the specified protocol");
};

const CHECKS: Readonly<Record<Protocol, (endpoint: string) => void>> = {
  lambda: (endpoint) => checkArn(endpoint, "lambda", FUNCTION, "Lambda endpoint ARN"),
  sqs: (endpoint) => checkArn(endpoint, "sqs", QUEUE, "SQS endpoint ARN"),
  http: (endpoint) => checkUrl(endpoint, "http:"),
  https: (endpoint) => checkUrl(endpoint, "https:"),
  email: checkMail,
  "email-json": checkMail,
};

const isProtocol = (text: string): text is Protocol => Object.hasOwn(CHECKS, text);

/** Who can be told of a topic's messages, and how. Throws InvalidParameter. Source: Subscribe, API reference; AWS's answers. */
export const readEndpoint = (topic: TopicName, protocol: string, endpoint: string | undefined): { protocol: Protocol; endpoint: string } => {
  if (isFifoName(topic.name) && protocol !== "sqs") throw invalidParameter(`Invalid protocol type: ${protocol}`);
  if (Object.hasOwn(NOT_BUILT, protocol)) throw notBuilt(`Subscriptions of the protocol ${protocol} are not built in lambdad: ${NOT_BUILT[protocol]}`);
  if (!isProtocol(protocol)) throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  if (endpoint === undefined || endpoint === "") throw invalidParameter("Endpoint");
  CHECKS[protocol](endpoint);
  if (protocol === "sqs" && isFifoName(endpoint) && !isFifoName(topic.name)) throw invalidParameter("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
  return { protocol, endpoint };
};

/** The account of a function or a queue, whose own word it takes to be told of messages. */
export const accountOf = (protocol: Protocol, endpoint: string): string | undefined => (protocol === "lambda" || protocol === "sqs" ? parseArn(endpoint)!.account : undefined);

export const isHttp = (protocol: Protocol): boolean => protocol === "http" || protocol === "https";
