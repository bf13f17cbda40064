import { parseArn } from "../../kit/arn.ts";
import { groupNotFound, invalidParameter, invalidResourceArn } from "./errors.ts";

export interface Place {
  account: string;
  region: string;
}

/** Without the `:*` that AWS puts behind the group's older `arn`. */
export const logGroupArn = ({ account, region }: Place, name: string): string => `arn:aws:logs:${region}:${account}:log-group:${name}`;

export const logStreamArn = (place: Place, group: string, stream: string): string => `${logGroupArn(place, group)}:log-stream:${stream}`;

/** The name in a group's ARN, `:*` or not; undefined when it is no ARN of a group in this account and region. */
export const groupInArn = (text: string, { account, region }: Place): string | undefined => {
  const arn = parseArn(text);
  if (arn?.service !== "logs" || arn.account !== account || arn.region !== region) return undefined;
  return /^log-group:([^:]+)(?::\*)?$/.exec(arn.resource)?.[1];
};

/** One of the two must be given; the identifier is a name or an ARN. */
export const groupName = (input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }, place: Place): string => {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalidParameter("You must include either logGroupIdentifier or logGroupName, but not both.");
  }
  if (logGroupName !== undefined) return logGroupName;
  if (logGroupIdentifier === undefined) throw invalidParameter("You must include either logGroupIdentifier or logGroupName.");
  return identifiedGroup(logGroupIdentifier, place);
};

export const identifiedGroup = (identifier: string, place: Place): string => {
  if (!identifier.startsWith("arn:")) return identifier;
  const name = groupInArn(identifier, place);
  if (name === undefined) throw groupNotFound();
  return name;
};

/** The group that a tag operation means. */
export const taggedGroup = (resourceArn: string, place: Place): string => {
  const arn = parseArn(resourceArn);
  if (arn?.service !== "logs" || !/^log-group:[^:]+$/.test(arn.resource)) throw invalidResourceArn();
  const name = groupInArn(resourceArn, place);
  if (name === undefined) throw groupNotFound();
  return name;
};
