import { formatArn, parseArn } from "../../../kit/arn.ts";
import type { EventSourceMapping } from "../../../plumber/event-source-mapping/mapping.ts";

const KIND = "event-source-mapping";

export interface MappingName {
  account: string;
  region: string;
  uuid: string;
}

export const mappingArn = ({ account, region, uuid }: Pick<EventSourceMapping, "account" | "region" | "uuid">): string => formatArn({ service: "lambda", account, region, resource: `${KIND}:${uuid}` });

/** Undefined when it is no mapping's ARN. */
export const parseMappingArn = (text: string): MappingName | undefined => {
  const arn = parseArn(text);
  const [kind, uuid, ...more] = arn?.resource.split(":") ?? [];
  return arn?.service !== "lambda" || kind !== KIND || uuid === undefined || more.length > 0 ? undefined : { account: arn.account, region: arn.region, uuid };
};
