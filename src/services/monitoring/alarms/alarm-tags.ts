import { parseArn } from "../../../kit/arn.ts";
import { ALARM_TAGS_MAX } from "../../../kit/limits/metrics.ts";
import type { RequestContext } from "../../service.ts";
import { invalidValue, notBuilt, resourceNotFound } from "../errors.ts";
import type { MonitoringHandlers, MonitoringParts } from "../needs.ts";
import { findAlarm, writeAlarm } from "./alarm-rows.ts";

/** Throws what is wrong with them. */
export const checkTags = (tags: Readonly<Record<string, string>>): void => {
  const reserved = Object.keys(tags).find((key) => /^aws:/i.test(key));
  if (reserved !== undefined) throw invalidValue(`The tag key ${reserved} is not allowed: keys that begin with aws: are reserved.`);
};

/** The alarm of this account and region that an ARN names; undefined where it names none. */
export const alarmInArn = (resourceArn: string, { account, region }: RequestContext): string | undefined => {
  const arn = parseArn(resourceArn);
  return arn?.service === "cloudwatch" && arn.account === account && arn.region === region && arn.resource.startsWith("alarm:") ? arn.resource.slice("alarm:".length) : undefined;
};

/** As that. Throws for what else has tags on AWS, and for what is none of this account and region. */
export const taggedAlarm = (resourceArn: string, context: RequestContext): string => {
  const arn = parseArn(resourceArn);
  if (arn?.service === "cloudwatch" && !arn.resource.startsWith("alarm:")) throw notBuilt(`What ${resourceArn} names`, "only alarms have tags here");
  const name = alarmInArn(resourceArn, context);
  if (name === undefined) throw resourceNotFound(resourceArn);
  return name;
};

export const alarmTagHandlers = ({ state: store }: MonitoringParts) => {
  const change = async (resourceArn: string, context: RequestContext, edit: (tags: Record<string, string>) => Record<string, string>) => {
    const name = taggedAlarm(resourceArn, context);
    await store.run(function* () {
      const alarm = yield* findAlarm(context, name);
      if (alarm === undefined) throw resourceNotFound(resourceArn);
      const tags = edit(alarm.tags);
      if (Object.keys(tags).length > ALARM_TAGS_MAX) throw invalidValue(`A resource can have no more than ${ALARM_TAGS_MAX} tags.`);
      yield* writeAlarm({ ...alarm, tags });
    });
    return {};
  };
  return {
    TagResource({ ResourceARN, Tags }, context) {
      const more = Object.fromEntries(Tags!.map(({ Key, Value }) => [Key!, Value!]));
      checkTags(more);
      return change(ResourceARN!, context, (tags) => ({ ...tags, ...more }));
    },
    UntagResource: ({ ResourceARN, TagKeys }, context) => change(ResourceARN!, context, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys!.includes(key)))),
    async ListTagsForResource({ ResourceARN }, context) {
      const name = taggedAlarm(ResourceARN!, context);
      const alarm = await store.run(() => findAlarm(context, name));
      if (alarm === undefined) throw resourceNotFound(ResourceARN!);
      return { Tags: Object.entries(alarm.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies MonitoringHandlers;
};
