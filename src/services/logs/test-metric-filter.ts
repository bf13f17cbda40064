import type { LogsHandlers } from "./needs.ts";
import { readPattern } from "./pattern/pattern.ts";

export const testMetricFilterHandlers = () =>
  ({
    TestMetricFilter({ filterPattern, logEventMessages }) {
      const pattern = readPattern(filterPattern!);
      const matches = logEventMessages!.flatMap((eventMessage, index) =>
        pattern.matches(eventMessage) ? [{ eventNumber: index + 1, eventMessage, extractedValues: pattern.extract(eventMessage) }] : [],
      );
      return { matches };
    },
  }) satisfies LogsHandlers;
