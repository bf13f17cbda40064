import { measureBurst } from "./burst.ts";
import { measureColdStart } from "./cold-start.ts";
import { measureCustomRuntime } from "./custom-runtime.ts";
import { measureIdleMemory } from "./idle-memory.ts";
import { runAlone } from "./run-alone.ts";
import { measureServerReady } from "./server-ready.ts";
import { measureWarmInvoke } from "./warm-invoke.ts";

await runAlone(measureColdStart, measureBurst, measureWarmInvoke, measureCustomRuntime, measureIdleMemory, measureServerReady);
