import type { MappingCounts } from "./event-source-mappings.ts";

export const noCounts = (): MappingCounts => ({ PolledEventCount: 0, FilteredOutEventCount: 0, InvokedEventCount: 0, FailedInvokeEventCount: 0, DeletedEventCount: 0, DroppedEventCount: 0 });
