import { formatArn, parseArn } from "../../kit/arn.ts";
import type { QueueUrlStrategy } from "./needs.ts";
import type { QueueName } from "./queue-rows.ts";

export const queueArn = ({ account, region, name }: QueueName): string => formatArn({ service: "sqs", account, region, resource: name });

/** Undefined when it is no queue's ARN. */
export const parseQueueArn = (text: string): QueueName | undefined => {
  const arn = parseArn(text);
  return arn?.service !== "sqs" || arn.resource === "" || arn.account === "" || arn.region === "" ? undefined : { account: arn.account, region: arn.region, name: arn.resource };
};

/** In the form that is asked for, on the address that the client reached us by. */
export const queueUrl = ({ account, region, name }: QueueName, endpoint: string, strategy: QueueUrlStrategy): string => {
  const { protocol, host } = new URL(endpoint);
  if (strategy === "path") return `${endpoint}/queue/${region}/${account}/${name}`;
  if (strategy === "standard") return `${protocol}//sqs.${region}.${host}/${account}/${name}`;
  if (strategy === "domain") return `${protocol}//${region}.queue.${host}/${account}/${name}`;
  return `${endpoint}/${account}/${name}`;
};

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const PATH = /^(?:\/queue\/(?<region>[a-z0-9-]+))?\/(?<account>\d{12})\/(?<name>[A-Za-z0-9_.-]+)\/?$/;

/** Any of the four forms, and AWS's own; a region that it does not name is the request's. Undefined when it is no queue's URL. */
export const parseQueueUrl = (url: string, region: string): QueueName | undefined => {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const groups = PATH.exec(pathname)?.groups;
  if (groups === undefined) return undefined;
  const inHost = hostname.split(".").find((label) => REGION.test(label));
  return { account: groups["account"]!, region: groups["region"] ?? inHost ?? region, name: groups["name"]! };
};
