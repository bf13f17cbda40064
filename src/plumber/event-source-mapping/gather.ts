import type { Message } from "@aws-sdk/client-sqs";
import type { Clock } from "../../kit/clock.ts";
import { MAPPING_POLL_MESSAGES_MAX, MAPPING_POLL_SECONDS, MAPPING_POLLS_AT_ONCE_MAX, SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits.ts";
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

const bytesOf = (messages: readonly Message[]): number => messages.reduce((sum, { Body }) => sum + (Body?.length ?? 0), 0);

/**
 * The messages of one batch: those of one poll; with a window, all that come until it is over, counted from the first message on, until there are
 * enough of them, or 6 MB. As long as polls come back full, several are made at once. Rejects only when there is nothing yet.
 */
export const gather = async ({ clock, settings: { batchSize, windowSeconds }, isPatient, receive, isOver }: Gathering): Promise<Message[]> => {
  const messages = await receive(Math.min(batchSize, MAPPING_POLL_MESSAGES_MAX), isPatient ? MAPPING_POLL_SECONDS : 0);
  if (messages.length === 0 || windowSeconds === 0) return messages;
  const endsAt = clock.now() + windowSeconds * 1_000;
  let bytes = bytesOf(messages);
  let isFull = messages.length === MAPPING_POLL_MESSAGES_MAX;
  while (messages.length < batchSize && bytes < SYNC_PAYLOAD_BYTES_MAX && !isOver()) {
    const wait = Math.min(Math.ceil((endsAt - clock.now()) / 1_000), MAPPING_POLL_SECONDS);
    if (wait <= 0) break;
    const wanted = batchSize - messages.length;
    const polls = isFull ? Math.min(Math.ceil(wanted / MAPPING_POLL_MESSAGES_MAX), MAPPING_POLLS_AT_ONCE_MAX) : 1;
    const asked = Array.from({ length: polls }, (_, index) => Math.min(MAPPING_POLL_MESSAGES_MAX, wanted - index * MAPPING_POLL_MESSAGES_MAX));
    const waitNow = isFull ? 0 : wait;
    const answers = await Promise.all(asked.map((most) => receive(most, waitNow).catch(() => undefined)));
    // The next poll tells of it, when there is nothing to lose.
    if (answers.includes(undefined)) {
      messages.push(...answers.flatMap((answer) => answer ?? []));
      break;
    }
    const found = answers.flatMap((answer) => answer ?? []);
    isFull = found.length === asked.reduce((sum, most) => sum + most, 0);
    messages.push(...found);
    bytes += bytesOf(found);
  }
  return messages;
};
