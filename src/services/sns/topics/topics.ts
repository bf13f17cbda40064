import type { Operation } from "../../../store/store.ts";
import { invalidParameter, notBuilt, withFaultsTold } from "../errors.ts";
import { inTopic, topicArn, type TopicName } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { cutPage, readToken } from "../pages.ts";
import { readAttributes, withChanges, type AttributeChanges } from "./attribute-rules.ts";
import { findTopic, insertTopic, listTopics, removeTopic, type Topic } from "./rows.ts";
import { readTags } from "./tags.ts";

const FIFO_NAME = /^[A-Za-z0-9_-]{1,251}\.fifo$/;
const STANDARD_NAME = /^[A-Za-z0-9_-]{1,256}$/;

/** Throws InvalidParameter. Source: AWS's answers; CreateTopic, API reference. */
const checkName = (name: string, isFifo: boolean): void => {
  if (isFifo && !FIFO_NAME.test(name)) {
    throw invalidParameter("Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.");
  }
  if (!isFifo && !STANDARD_NAME.test(name)) throw invalidParameter("Topic Name");
};

const isFifoAsked = (text: string | undefined): boolean => {
  if (text !== undefined && !/^(true|false)$/i.test(text)) throw invalidParameter(`Attributes Reason: FifoTopic: Invalid value [${text}]. Must be true or false.`);
  return text?.toLowerCase() === "true";
};

interface NewTopic extends TopicName {
  changes: AttributeChanges;
  tags: Record<string, string>;
  now: number;
}

const isSame = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length && Object.entries(one).every(([key, value]) => other[key] === value);

/** With what is there already it is the same topic; what is not spoken of may be anything. */
const refuseOther = (existing: Topic, { changes, tags }: NewTopic): void => {
  const differs = Object.entries(changes).some(([name, value]) => value !== undefined && value !== (existing.attributes[name] ?? DEFAULTS[name]));
  if (differs) throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
  if (Object.keys(tags).length > 0 && !isSame(tags, existing.tags)) throw invalidParameter("Tags Reason: Topic already exists with different tags");
};

const DEFAULTS: Readonly<Record<string, string>> = { ContentBasedDeduplication: "false", FifoThroughputScope: "Topic", TracingConfig: "PassThrough", SignatureVersion: "1" };

function* create({ changes, tags, now, ...named }: NewTopic): Operation<void> {
  const existing = yield* findTopic(named);
  if (existing !== undefined) return refuseOther(existing, { changes, tags, now, ...named });
  yield* insertTopic(named, { attributes: withChanges({}, changes), tags, createdAt: now });
}

export const topicHandlers = ({ store, clock }: SnsParts) =>
  ({
    async CreateTopic({ Name: name = "", Attributes: { FifoTopic, ...given } = {}, Tags = [], DataProtectionPolicy }, { account, region }) {
      if ((DataProtectionPolicy ?? "") !== "") throw notBuilt("DataProtectionPolicy of a topic is not built in lambdad: messages are not searched for sensitive data");
      checkName(name, isFifoAsked(FifoTopic));
      const named = { account, region, name };
      const changes = withFaultsTold(true, () => readAttributes(given, named));
      const tags = readTags(Tags);
      await store.run(() => create({ ...named, changes, tags, now: clock.now() }));
      return { TopicArn: topicArn(named) };
    },

    async DeleteTopic({ TopicArn }, context) {
      const named = inTopic(TopicArn, context);
      await store.run(function* () {
        const topic = yield* findTopic(named);
        if (topic !== undefined) yield* removeTopic(topic);
      });
      return {};
    },

    async ListTopics({ NextToken }, context) {
      const after = readToken(NextToken);
      const { shown, ...next } = cutPage(await store.run(() => listTopics(context, after)), ({ name }) => name);
      return { Topics: shown.map(({ arn }) => ({ TopicArn: arn })), ...next };
    },
  }) satisfies SnsHandlers;

