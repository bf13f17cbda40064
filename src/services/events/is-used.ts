import { sqlOne, type Operation } from "../../store/store.ts";

/** Whether there is something that falls due without being asked for. */
export function* isEventsUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from event_rule where next_at is not null union all select 1 from event_item where kind = 'replay' union all select 1 from event_archive where retention_days > 0 or is_gone = 1 limit 1")) !== undefined;
}
