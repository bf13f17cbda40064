import { formatArn, parseArn } from "../../kit/arn.ts";

export interface Place {
  account: string;
  region: string;
}

export interface ScheduleName extends Place {
  group: string;
  name: string;
}

/** Each account has it in each region, without making it. */
export const DEFAULT_GROUP = "default";

export const scheduleArn = ({ account, region, group, name }: ScheduleName): string => formatArn({ service: "scheduler", region, account, resource: `schedule/${group}/${name}` });

export const groupArn = ({ account, region }: Place, group: string): string => formatArn({ service: "scheduler", region, account, resource: `schedule-group/${group}` });

/** The group that an ARN names; undefined when it names none of this account and region. */
export const groupOfArn = ({ account, region }: Place, arn: string): string | undefined => {
  const parsed = parseArn(arn);
  const [kind, name, ...more] = parsed?.resource.split("/") ?? [];
  return parsed?.service === "scheduler" && parsed.account === account && parsed.region === region && kind === "schedule-group" && more.length === 0 ? name : undefined;
};
