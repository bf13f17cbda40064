import type { Service } from "../service.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { putEventsHandlers, putEventsPermissions } from "./put-events.ts";
import { testEventPatternHandlers } from "./test-event-pattern.ts";

/** Events themselves: put on buses, tried against a pattern. */
export const dataPlaneHandlers = (parts: EventsParts) => ({ ...putEventsHandlers(parts), ...testEventPatternHandlers() });

export const dataPlanePermissions = () =>
  ({
    PutEvents: putEventsPermissions,
    TestEventPattern: () => [{ action: "events:TestEventPattern", resource: "*" }],
  }) satisfies Service<EventsTypes>["permissions"];
