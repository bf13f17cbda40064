import { sqlOne, type Operation } from "../../store/store.ts";

/** Whether there is a queue, or something left of one, that has to be seen to before anybody asks. */
export function* isSqsUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from sqs_queue union all select 1 from sqs_garbage limit 1")) !== undefined;
}
