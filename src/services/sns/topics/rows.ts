import { SNS_PAGE_MAX } from "../../../kit/limits/sns.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { topicNotFound } from "../errors.ts";
import { isFifoName, topicArn, type TopicName } from "../names.ts";

export interface Topic extends TopicName {
  /** Never used again. */
  id: number;
  arn: string;
  isFifo: boolean;
  /** Those that were given, as they were given. Others have their defaults. */
  attributes: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Milliseconds. */
  createdAt: number;
}

const toTopic = (row: Row): Topic => {
  const named = { account: row["account"] as string, region: row["region"] as string, name: row["name"] as string };
  return {
    ...named,
    id: row["id"] as number,
    arn: topicArn(named),
    isFifo: isFifoName(named.name),
    attributes: JSON.parse(row["attributes"] as string) as Record<string, string>,
    tags: JSON.parse(row["tags"] as string) as Record<string, string>,
    createdAt: row["created_at"] as number,
  };
};

export function* findTopic({ account, region, name }: TopicName): Operation<Topic | undefined> {
  const row = yield* sqlOne("select * from sns_topic where account = ? and region = ? and name = ?", account, region, name);
  return row && toTopic(row);
}

/** Its id is never used again. */
export function* isTopicThere(id: number): Operation<boolean> {
  return (yield* sqlOne("select 1 from sns_topic where id = ?", id)) !== undefined;
}

/** Throws NotFound. */
export function* getTopic(name: TopicName): Operation<Topic> {
  const topic = yield* findTopic(name);
  if (topic === undefined) throw topicNotFound();
  return topic;
}

export function* insertTopic({ account, region, name }: TopicName, { attributes, tags, createdAt }: Pick<Topic, "attributes" | "tags" | "createdAt">): Operation<void> {
  yield* sql("insert into sns_topic (account, region, name, attributes, tags, created_at) values (?, ?, ?, ?, ?, ?)", account, region, name, JSON.stringify(attributes), JSON.stringify(tags), createdAt);
}

/** With its subscriptions and all else of it. */
export function* removeTopic({ id }: Topic): Operation<void> {
  yield* sql("delete from sns_topic where id = ?", id);
  for (const table of ["sns_subscription", "sns_counter", "sns_deduplication"]) yield* sql(`delete from ${table} where topic = ?`, id);
}

export function* writeAttributes({ id }: Topic, attributes: Topic["attributes"]): Operation<void> {
  yield* sql("update sns_topic set attributes = ? where id = ?", JSON.stringify(attributes), id);
}

export function* writeTags({ id }: Topic, tags: Topic["tags"]): Operation<void> {
  yield* sql("update sns_topic set tags = ? where id = ?", JSON.stringify(tags), id);
}

/** By name, those after `after`: one more than a page holds, where there are more. */
export function* listTopics({ account, region }: Omit<TopicName, "name">, after: string): Operation<Topic[]> {
  return (yield* sql("select * from sns_topic where account = ? and region = ? and name > ? order by name limit ?", account, region, after, SNS_PAGE_MAX + 1)).map(toTopic);
}

/** A number of a topic's that only grows. */
export function* countUp(topicId: number, name: "deleted" | "sequence"): Operation<number> {
  const row = yield* sqlOne("insert into sns_counter (topic, name, value) values (?, ?, 1) on conflict (topic, name) do update set value = value + 1 returning value", topicId, name);
  return row!["value"] as number;
}

export function* readCounter(topicId: number, name: "deleted" | "sequence"): Operation<number> {
  return ((yield* sqlOne("select value from sns_counter where topic = ? and name = ?", topicId, name))?.["value"] ?? 0) as number;
}
