import type { Clock } from "../../kit/clock.ts";
import { PIPE_EXECUTION_MS_MAX } from "../../kit/limits/pipes.ts";
import { PipeFailure } from "./pipe-failure.ts";

const tooLate = () => new PipeFailure("timeout", "ExecutionTimeout", `it took longer than ${PIPE_EXECUTION_MS_MAX / 1_000} seconds`);

/** Rejects with PipeFailure when an execution takes longer than it may. @param begin what is late begins nothing more */
export const withinTime = async <T>(wall: Clock, begin: (late: AbortSignal) => Promise<T>): Promise<T> => {
  const [done, late] = [new AbortController(), new AbortController()];
  const over = new Promise<never>((_resolve, reject) => {
    wall.sleep(PIPE_EXECUTION_MS_MAX, done.signal).then(
      () => {
        late.abort(tooLate());
        reject(tooLate());
      },
      () => undefined,
    );
  });
  return Promise.race([begin(late.signal), over]).finally(() => done.abort());
};
