import type { Engine } from "../../kit/engine.ts";
import { createAlarmBook } from "./alarms/alarm-book.ts";
import type { MonitoringNeeds, MonitoringParts } from "./needs.ts";

export const createMonitoring = (needs: MonitoringNeeds): Engine<MonitoringParts> => {
  const { store: state, history: store, metrics, outbox, clock, random } = needs;
  const alarms = createAlarmBook(needs);
  return {
    parts: { store, state, metrics, outbox, clock, random, alarms },
    start: alarms.start,
    pending: async () => alarms.pending(),
    rest: alarms.rest,
    close: alarms.close,
  };
};
