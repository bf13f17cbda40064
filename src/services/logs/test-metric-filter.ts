import type { LogsHandlers } from "./needs.ts";
import { compilePattern } from "./pattern/pattern.ts";

export const testMetricFilterHandlers = () =>
  ({
    TestMetricFilter({ filterPattern, logEventMessages }) {
      const pattern = compilePattern(filterPattern!);
      const matches = logEventMessages!.flatMap((eventMessage, index) =>
        pattern.matches(eventMessage) ? [{ eventNumber: index + 1, eventMessage, extractedValues: pattern.extract(eventMessage) }] : [],
      );
      return { matches };
    },
  }) satisfies LogsHandlers;
