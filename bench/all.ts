import { measureBurst } from "./burst.ts";
import { coldStartBenches } from "./cold-start.ts";
import { measureCustomRuntime } from "./custom-runtime.ts";
import { eventsBenches } from "./events.ts";
import { measureHttpApi } from "./http-api.ts";
import { measureIdleMemory } from "./idle-memory.ts";
import { measurePayload } from "./payload.ts";
import { queueToFunctionBenches } from "./queue-to-function.ts";
import { measureRegisteredFunctions } from "./registered-functions.ts";
import { runAlone } from "./run-alone.ts";
import { measureScaleOut } from "./scale-out.ts";
import { measureServerReady } from "./server-ready.ts";
import { measureSqsDepth } from "./sqs-depth.ts";
import { measureSqsDrain } from "./sqs-drain.ts";
import { measureSqsSend } from "./sqs-send.ts";
import { measureWarmInvoke } from "./warm-invoke.ts";

await runAlone({
  ...coldStartBenches,
  burst: measureBurst,
  "scale-out": measureScaleOut,
  "warm-invoke": measureWarmInvoke,
  "custom-runtime": measureCustomRuntime,
  payload: measurePayload,
  "idle-memory": measureIdleMemory,
  "server-ready": measureServerReady,
  "registered-functions": measureRegisteredFunctions,
  "sqs-send": measureSqsSend,
  "sqs-drain": measureSqsDrain,
  "sqs-depth": measureSqsDepth,
  ...queueToFunctionBenches,
  "http-api": measureHttpApi,
  ...eventsBenches,
});
