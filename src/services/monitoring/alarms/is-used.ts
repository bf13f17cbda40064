import { sqlOne, type Operation } from "../../../store/store.ts";

/** Whether there is an alarm that has to be looked at. */
export function* isMonitoringUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from metric_alarm limit 1")) !== undefined;
}
