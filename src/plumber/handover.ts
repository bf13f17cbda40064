import { createHandover } from "../kit/handover.ts";
import { DELIVERIES_HANDED_OVER_CHARACTERS_MAX, DELIVERIES_HANDED_OVER_MAX } from "../kit/limits/deliveries.ts";
import type { Delivery } from "./delivery.ts";
import { isOutward, type Due } from "./delivery-rows.ts";

/** Deliveries that were committed a moment ago. */
export const createDeliveryHandover = () => {
  const handover = createHandover<Due>({ keyOf: ({ targetArn }) => targetArn, bytesOf: ({ payload }) => payload.length, countMax: DELIVERIES_HANDED_OVER_MAX, bytesMax: DELIVERIES_HANDED_OVER_CHARACTERS_MAX });
  return {
    take: handover.take,
    /** Takes as many as there is place for, of those that are due at once and wait for nobody else. @returns Their ids. */
    offer(committed: readonly Delivery[], now: number): string[] {
      const taken: string[] = [];
      for (const delivery of committed) {
        if (delivery.order !== undefined || isOutward(delivery)) continue;
        if (!handover.hasRoom(delivery.payload.length)) break;
        handover.put({ ...delivery, attempts: 0, acceptedAt: now, isFresh: true });
        taken.push(delivery.id);
      }
      return taken;
    },
  };
};
