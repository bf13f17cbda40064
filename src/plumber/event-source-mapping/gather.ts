import type { Message } from "@aws-sdk/client-sqs";
import type { Clock } from "../../kit/clock.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits/lambda.ts";
import { MAPPING_POLL_MESSAGES_MAX, MAPPING_POLL_SECONDS, MAPPING_POLLS_AT_ONCE_MAX } from "../../kit/limits/mappings.ts";
import type { MappingSettings } from "./mapping.ts";

interface Gathering {
  clock: Pick<Clock, "now">;
  settings: Pick<MappingSettings, "batchSize" | "windowSeconds">;
  /** Whether the first message is waited for. */
  isPatient: boolean;
  receive(most: number, waitSeconds: number): Promise<Message[]>;
  /** What there is then is enough. */
  isOver(): boolean;
}

/** A message that came again, because its visibility timeout is shorter than the window, is there once, with the receipt that deletes it. */
const createBatch = () => {
  const messages = new Map<string, Message>();
  let characters = 0;
  return {
    add(found: readonly Message[]) {
      for (const message of found) {
        if (!messages.has(message.MessageId!)) characters += message.Body?.length ?? 0;
        messages.set(message.MessageId!, message);
      }
    },
    get size() { return messages.size; },
    get isHeavy() { return characters >= SYNC_PAYLOAD_BYTES_MAX; },
    messages: () => [...messages.values()],
  };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/**
 * The messages of one batch: those of one poll; with a window, all that come until it is over, counted from the first message on, until there are
 * enough of them, or 6 MB. As long as polls come back full, several are made at once. Rejects only when there is nothing yet.
 */
export const gather = async ({ clock, settings: { batchSize, windowSeconds }, isPatient, receive, isOver }: Gathering): Promise<Message[]> => {
  const first = await receive(Math.min(batchSize, MAPPING_POLL_MESSAGES_MAX), isPatient ? MAPPING_POLL_SECONDS : 0);
  if (first.length === 0 || windowSeconds === 0) return first;
  const endsAt = clock.now() + windowSeconds * 1_000;
  const batch = createBatch();
  batch.add(first);
  let isFull = first.length === MAPPING_POLL_MESSAGES_MAX;
  while (batch.size < batchSize && !batch.isHeavy && !isOver()) {
    const wait = Math.min(Math.ceil((endsAt - clock.now()) / 1_000), MAPPING_POLL_SECONDS);
    if (wait <= 0) break;
    const wanted = batchSize - batch.size;
    const polls = isFull ? Math.min(Math.ceil(wanted / MAPPING_POLL_MESSAGES_MAX), MAPPING_POLLS_AT_ONCE_MAX) : 1;
    const asked = Array.from({ length: polls }, (_, index) => Math.min(MAPPING_POLL_MESSAGES_MAX, wanted - index * MAPPING_POLL_MESSAGES_MAX));
    const waitNow = isFull ? 0 : wait;
    const answers = await Promise.all(asked.map((most) => receive(most, waitNow).catch(() => undefined)));
    const found = answers.flatMap((answer) => answer ?? []);
    batch.add(found);
    // What went wrong is told by the next poll, when there is nothing to lose.
    if (answers.includes(undefined)) break;
    isFull = found.length === sum(asked);
  }
  return batch.messages();
};
