import { sqlOne, type Operation } from "../../store/store.ts";

/** Whether there is something that falls due without being asked for, or that waits to be taken away. */
export function* isSchedulerUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from schedule where next_at is not null union all select 1 from schedule_group where state = 'DELETING' limit 1")) !== undefined;
}
