import { formatArn, parseArn } from "../../kit/arn.ts";
import type { QueueUrlStrategy } from "./needs.ts";
import type { QueueName } from "./queue-rows.ts";

export const queueArn = ({ account, region, name }: QueueName): string => formatArn({ service: "sqs", account, region, resource: name });

/** Undefined when it is no queue's ARN. */
export const parseQueueArn = (text: string): QueueName | undefined => {
  const arn = parseArn(text);
  return arn?.service !== "sqs" || arn.resource === "" || arn.account === "" || arn.region === "" ? undefined : { account: arn.account, region: arn.region, name: arn.resource };
};

/** What stands before the address in the forms that carry service and region: a client that came by such a URL gets it back once. */
const SERVICE_IN_HOST = /^(?:sqs\.[a-z]{2}(?:-[a-z]+)+-\d\.|[a-z]{2}(?:-[a-z]+)+-\d\.queue\.|(?:sqs|queue)\.)/;
const IS_ADDRESS = /^(?:\d+(?:\.\d+){3}|\[)/;

/** In the form that is asked for, on the address that the client reached us by; AWS's own for who came by none. */
export const queueUrl = ({ account, region, name }: QueueName, endpoint: string, strategy: QueueUrlStrategy): string => {
  if (endpoint === "") return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
  if (strategy === "off") return `${endpoint}/${account}/${name}`;
  if (strategy === "path") return `${endpoint}/queue/${region}/${account}/${name}`;
  const { protocol, host, port } = new URL(endpoint);
  // An address cannot have a name in front of it.
  const base = IS_ADDRESS.test(host) ? `localhost${port === "" ? "" : `:${port}`}` : host.replace(SERVICE_IN_HOST, "");
  return `${protocol}//${strategy === "standard" ? `sqs.${region}` : `${region}.queue`}.${base}/${account}/${name}`;
};

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const PATH = /^(?:\/queue\/(?<region>[a-z0-9-]+))?\/(?<account>\d{12})\/(?<name>[A-Za-z0-9_.-]+)\/?$/;

/** Any of the four forms, and AWS's own; a region that it does not name is the request's. Undefined when it is no queue's URL. */
export const parseQueueUrl = (url: string, region: string): QueueName | undefined => {
  const parsed = URL.parse(url);
  const groups = parsed === null ? undefined : PATH.exec(parsed.pathname)?.groups;
  if (parsed === null || groups === undefined) return undefined;
  const inHost = parsed.hostname.split(".").find((label) => REGION.test(label));
  return { account: groups["account"]!, region: groups["region"] ?? inHost ?? region, name: groups["name"]! };
};
