import { sqlOne, type Operation } from "../../store/store.ts";

/** Whether there is something that falls due without being asked for. */
export function* isSchedulerUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from schedule limit 1")) !== undefined;
}
