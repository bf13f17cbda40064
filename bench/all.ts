import { measureColdStart } from "./cold-start.ts";
import { runAlone } from "./run-alone.ts";
import { measureWarmInvoke } from "./warm-invoke.ts";

await runAlone(measureColdStart, measureWarmInvoke);
