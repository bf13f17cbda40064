import type { RequestContext } from "../../service.ts";
import { SNS_COMMIT_CHARACTERS_MAX } from "../../../kit/limits/sns.ts";
import { charactersOf } from "../../../plumber/delivery.ts";
import { keepMail } from "../../../plumber/mail.ts";
import { writeInCommits } from "../../../store/in-commits.ts";
import type { Operation } from "../../../store/store.ts";
import { topicNotFound } from "../errors.ts";
import type { TopicName } from "../names.ts";
import type { SnsParts } from "../needs.ts";
import type { Audience, Subscriber } from "../topics/reader.ts";
import type { Topic } from "../topics/rows.ts";
import { placeInOrder, sequenceNumber, type Placed } from "./deduplication.ts";
import { checkForTopic, type Draft } from "./draft.ts";
import { notificationToSign } from "./envelope.ts";
import { createPublishMetrics } from "./metrics.ts";
import { tell, type Telling } from "./notify.ts";
import { createSift, type FilteredOut } from "./sift.ts";
import { tellPublished } from "./tell-published.ts";

export interface Published {
  MessageId: string;
  SequenceNumber?: string;
}

/** A message on its way to all who are told of it. */
interface Prepared {
  draft: Draft;
  told: Subscriber[];
  filtered: { subscriber: Subscriber; why: FilteredOut }[];
  telling: Omit<Telling, "sequence">;
}

export type Publisher = ReturnType<typeof createPublisher>;

/** Takes messages: with a delivery for each subscriber that is told of it, in one commit where they are not too large for that. */
export const createPublisher = ({ store, outbox, clock, reader, signer, ledger, metrics, random, endpoint }: SnsParts) => {
  const measure = createPublishMetrics({ metrics });

  const needsSignature = ({ subscription, isRaw, deadLetterArn }: Subscriber): boolean => !isRaw && (subscription.protocol !== "email" || deadLetterArn !== undefined);

  /** What there is to sign is signed before the commit, and off the event loop: once for each text. */
  const prepare = async (topic: Topic, { subscribers, policies }: Audience, draft: Draft, { trace }: RequestContext): Promise<Prepared> => {
    const at = clock.now();
    const sift = createSift(draft, policies);
    const sifted = subscribers.map((subscriber) => ({ subscriber, why: sift(subscriber) }));
    const told = sifted.flatMap(({ subscriber, why }) => (why === undefined ? subscriber : []));
    const texts = new Set((topic.isFifo ? [] : told.filter(needsSignature)).map(({ subscription }) => draft.textFor(subscription.protocol)));
    const version = topic.attributes["SignatureVersion"] === "2" ? "2" : "1";
    const sign = async (text: string): Promise<[string, string]> => [text, await signer.sign(version, notificationToSign({ text, messageId: draft.id, subject: draft.subject, at, topicArn: topic.arn }))];
    const signatures = new Map(await Promise.all([...texts].map(sign)));
    const certificatePath = texts.size === 0 ? "" : await signer.certificatePath();
    return {
      draft, told,
      filtered: sifted.flatMap(({ subscriber, why }) => (why === undefined ? [] : { subscriber, why })),
      telling: { topic, draft, trace, at, signatureOf: (text) => signatures.get(text) ?? "", certificatePath, endpoint: endpoint(), draw: () => random.below(100) },
    };
  };

  /** @returns How many characters it writes. */
  function* tellOne(telling: Telling, subscriber: Subscriber): Operation<number> {
    const one = tell(telling, subscriber);
    if ("mail" in one) {
      yield* keepMail(one.mail);
      return one.mail.body.length;
    }
    yield* outbox.enqueue(one.delivery);
    return charactersOf(one.delivery);
  }

  /** A FIFO topic knows what it has in its place again, so all that is told of it is in the same commit. */
  function* acceptInOrder({ draft, told, telling }: Prepared): Operation<Placed> {
    const placed = yield* placeInOrder(telling.topic, draft, telling.at);
    if (!placed.isDuplicate) for (const subscriber of told) yield* tellOne({ ...telling, sequence: placed.sequence }, subscriber);
    return placed;
  }

  /** One commit, or as many as it takes: a large message for a thousand subscribers is a thousand large messages. Who is not answered, as one of them fails, publishes again what some were told already. */
  const acceptAll = (prepared: readonly Prepared[]): Promise<void> => {
    const all = prepared.flatMap(({ told, telling }) => told.map((subscriber) => ({ telling, subscriber })));
    return writeInCommits(store, all, SNS_COMMIT_CHARACTERS_MAX, ({ telling, subscriber }) => tellOne(telling, subscriber), () => outbox.poke());
  };

  const accept = async (topic: Topic, prepared: readonly Prepared[]): Promise<(Placed | undefined)[]> => {
    if (!topic.isFifo) {
      await acceptAll(prepared);
      return prepared.map(() => undefined);
    }
    const placed = await store.run(function* () {
      const all: Placed[] = [];
      for (const one of prepared) all.push(yield* acceptInOrder(one));
      return all;
    });
    outbox.poke();
    return placed;
  };

  const published = ({ draft }: Prepared, placed: Placed | undefined): Published => ({ MessageId: placed?.messageId ?? draft.id, ...(placed === undefined ? {} : { SequenceNumber: sequenceNumber(placed.sequence) }) });

  return {
    /** The topic, whose messages are then checked. Throws NotFound. */
    async topic(name: TopicName): Promise<Topic> {
      const found = await reader.topic(name);
      if (found === undefined) throw topicNotFound();
      return found.topic;
    },
    /** All of them together. Throws what does not fit the topic. */
    async publish(topic: Topic, drafts: readonly Draft[], context: RequestContext): Promise<Published[]> {
      for (const draft of drafts) checkForTopic(draft, topic);
      const audience = await reader.audience(topic);
      const prepared = await Promise.all(drafts.map((draft) => prepare(topic, audience, draft, context)));
      const placed = await accept(topic, prepared);
      prepared.forEach(({ draft, told, filtered }, index) => {
        const isDuplicate = placed[index]?.isDuplicate === true;
        measure.published(topic, draft.bytes);
        if (!isDuplicate) measure.sifted(topic, told, filtered.map(({ why }) => why));
        tellPublished(ledger, { topic, messageId: placed[index]?.messageId ?? draft.id, told, filtered, isDuplicate }, context);
      });
      return prepared.map((one, index) => published(one, placed[index]));
    },
  };
};
