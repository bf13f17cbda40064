import { sqlOne, type Operation } from "../../store/store.ts";

/** Whether there is something that falls due without being asked for. */
export function* isPipesUsed(): Operation<boolean> {
  return (yield* sqlOne("select 1 from pipe limit 1")) !== undefined;
}
