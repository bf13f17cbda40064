import type { Service } from "../service.ts";
import { archiveHandlers, archivePermissions } from "./archives.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { createPutEventsPermissions, putEventsHandlers } from "./put-events.ts";
import { replayHandlers, replayPermissions } from "./replays.ts";
import { testEventPatternHandlers } from "./test-event-pattern.ts";

/** Events themselves: put on buses, tried against a pattern, kept and replayed. */
export const dataPlaneHandlers = (parts: EventsParts) => ({ ...putEventsHandlers(parts), ...testEventPatternHandlers(), ...archiveHandlers(parts), ...replayHandlers(parts) });

export const createDataPlanePermissions = (parts: EventsParts) =>
  ({
    PutEvents: createPutEventsPermissions(parts),
    TestEventPattern: () => [{ action: "events:TestEventPattern", resource: "*" }],
    ...archivePermissions,
    ...replayPermissions,
  }) satisfies Service<EventsTypes>["permissions"];
