import type { CallOptions } from "../../../kit/call.ts";
import { failureOf, kindOf, PipeFailure } from "../pipe-failure.ts";
import { at, NONE, type Sent, type Shipment } from "./shipment.ts";

/** Of a batch: what goes with one request, by the places of its events. */
export interface Part {
  places: readonly number[];
}

/** What an API that takes a list tells of a member of it that it did not take, by its place. */
interface Untaken {
  place: number;
  code: string | undefined;
  message: string | undefined;
}

interface Answered {
  answer: unknown;
  untaken: readonly Untaken[];
}

/** Of an API that names what it did not take by an Id, which is its place. */
export const untakenOf = (failed: readonly { Id?: string | undefined; Code?: string | undefined; Message?: string | undefined }[] = []): Untaken[] =>
  failed.map(({ Id, Code, Message }) => ({ place: Number(Id), code: Code, message: Message }));

/** As many parts as it takes for none to be too long, in the order of the places. What is too long by itself is a part of its own. */
export const partsWithin = (bytesMax: number, places: readonly number[], bytesOf: (place: number) => number): Part[] => {
  const parts: { places: number[] }[] = [];
  let left = 0;
  for (const place of places) {
    const bytes = bytesOf(place);
    if (parts.length === 0 || bytes > left) {
      parts.push({ places: [] });
      left = bytesMax;
    }
    parts.at(-1)!.places.push(place);
    left -= bytes;
  }
  return parts;
};

/** A request is known by its id, so each part has its own. */
const optionsFor = (shipment: Shipment, index: number): CallOptions => {
  const { requestId, ...options } = at(shipment);
  return index === 0 ? { ...options, ...(requestId === undefined ? {} : { requestId }) } : options;
};

/** As PutEvents tells of a bus that it may not write to: of each event. */
const allUntaken = ({ answer, untaken: [first] }: Answered): PipeFailure => {
  const { code = "InternalFailure", message = "" } = first!;
  return new PipeFailure(kindOf(code), code, message, { status: 200, answer: JSON.stringify(answer) });
};

const sentOf = ({ idsAt }: Shipment, answers: readonly unknown[], untaken: readonly Untaken[]): Sent => {
  const answer = answers.length === 1 ? answers[0] : answers;
  const [first] = untaken;
  if (first === undefined) return { answer, failed: NONE };
  return { answer, failed: idsAt(untaken.map(({ place }) => place)), why: `${untaken.length} could not be taken (${first.code}: ${first.message ?? ""})` };
};

/**
 * Sends a batch by as many requests as it has parts: ten messages may be longer than a service takes at once. A part that fails is told as not taken. It stops the others where they would be refused as well, or where the source keeps an order: what stands behind it comes again behind it.
 * Rejects when nothing is taken.
 */
export const sendInParts = async <T extends Part>(shipment: Shipment, parts: readonly T[], send: (part: T, options: CallOptions) => Promise<Answered>): Promise<Sent> => {
  const isOrdered = shipment.pipe.body.source.endsWith(".fifo");
  const answers: unknown[] = [];
  const untaken: Untaken[] = [];
  let failure: PipeFailure | undefined;
  const isOver = () => (isOrdered ? untaken.length > 0 : failure !== undefined && failure.kind !== "failed");
  const leave = ({ places }: Part, { code, message }: Omit<Untaken, "place">) => untaken.push(...places.map((place) => ({ place, code, message })));

  for (const [index, part] of parts.entries()) {
    if (isOver()) {
      leave(part, untaken.at(-1)!);
      continue;
    }
    try {
      const answered = await send(part, optionsFor(shipment, index));
      if (answered.untaken.length === part.places.length) throw allUntaken(answered);
      answers.push(answered.answer);
      untaken.push(...answered.untaken);
    } catch (error) {
      failure = failureOf(error);
      leave(part, failure);
    }
  }
  if (answers.length === 0 && failure !== undefined) throw failure;
  return sentOf(shipment, answers, untaken);
};
