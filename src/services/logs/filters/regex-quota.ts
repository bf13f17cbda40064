import { LOG_REGEX_FILTERS_MAX } from "../../../kit/limits/logs.ts";
import type { Operation } from "../../../store/store.ts";
import { resourceLimit } from "../errors.ts";
import { compilePattern, type FilterPattern } from "../pattern/pattern.ts";
import type { Group } from "../state.ts";
import { listFilters, type FilterKind } from "./filter-rows.ts";

/** Of a group's filters, subscriptions and metrics together, only some may have regular expressions. Throws LimitExceededException where one more would have. */
export function* refuseTooManyRegexes(group: Group, pattern: FilterPattern, except: { kind: FilterKind; name: string }): Operation<void> {
  if (pattern.regexes.length === 0) return;
  let count = 0;
  for (const kind of ["subscription", "metric"] as const) {
    for (const { name, body } of yield* listFilters<{ filterPattern: string }>(group.id, kind)) {
      if ((kind !== except.kind || name !== except.name) && compilePattern(body.filterPattern).regexes.length > 0) count++;
    }
  }
  if (count >= LOG_REGEX_FILTERS_MAX) throw resourceLimit();
}
