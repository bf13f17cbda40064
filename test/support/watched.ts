import type { Operation } from "../../src/store/store.ts";

/** The operation, whose statements are told. */
export function* watched<T>(operation: () => Operation<T>, tell: (sql: string) => void): Operation<T> {
  const steps = operation();
  let step = steps.next();
  while (!step.done) {
    tell(step.value.sql);
    step = steps.next(yield step.value);
  }
  return step.value;
}
