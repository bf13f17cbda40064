import { DELIVERIES_HANDED_OVER_CHARACTERS_MAX, DELIVERIES_HANDED_OVER_MAX } from "../kit/limits/deliveries.ts";
import type { Delivery } from "./delivery.ts";
import { isOutward, type Due } from "./delivery-rows.ts";

/** Deliveries that were committed a moment ago, on their way from memory to their first try. They are on the disk as well: what finds no place here is found there. */
export const createHandover = () => {
  let waiting: Due[] = [];
  /** Of their payloads. */
  let characters = 0;

  return {
    /** Takes as many as there is place for, of those that are due at once and wait for nobody else. @returns Their ids. */
    offer(committed: readonly Delivery[], now: number): string[] {
      const taken: string[] = [];
      for (const delivery of committed) {
        if (waiting.length >= DELIVERIES_HANDED_OVER_MAX || characters >= DELIVERIES_HANDED_OVER_CHARACTERS_MAX) break;
        if (delivery.order !== undefined || isOutward(delivery)) continue;
        waiting.push({ ...delivery, attempts: 0, acceptedAt: now });
        characters += delivery.payload.length;
        taken.push(delivery.id);
      }
      return taken;
    },
    /** The first ones. @param roomOf How many more a target takes. */
    take(most: number, roomOf: (targetArn: string) => number): Due[] {
      if (waiting.length === 0) return [];
      const [taken, left]: [Due[], Due[]] = [[], []];
      const more = new Map<string, number>();
      for (const delivery of waiting) {
        const count = more.get(delivery.targetArn) ?? 0;
        if (taken.length < most && count < roomOf(delivery.targetArn)) {
          taken.push(delivery);
          characters -= delivery.payload.length;
          more.set(delivery.targetArn, count + 1);
        } else left.push(delivery);
      }
      waiting = left;
      return taken;
    },
  };
};
