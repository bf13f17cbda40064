import type { Service } from "../service.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";

/** Amazon EventBridge: buses, rules and their targets, events, archives, API destinations. */
export const createEventsService = (_parts: EventsParts): Service<EventsTypes> => ({ handlers: {}, permissions: {} });
