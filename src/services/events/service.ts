import type { Service } from "../service.ts";
import { apiDestinationHandlers } from "./api-destinations.ts";
import { busPolicyHandlers, createPolicyAtDoor } from "./bus-policies.ts";
import { busHandlers } from "./buses.ts";
import { connectionHandlers } from "./connections.ts";
import { createDataPlanePermissions, dataPlaneHandlers } from "./data-plane.ts";
import { ledgerKeys } from "./ledger-keys.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { createPermissions } from "./permissions.ts";
import { ruleHandlers } from "./rules.ts";
import { tagHandlers } from "./tags.ts";
import { targetHandlers } from "./targets.ts";

/** Amazon EventBridge: buses, rules and their targets, events, archives, API destinations. */
export const createEventsService = (parts: EventsParts): Service<EventsTypes> => ({
  handlers: {
    ...busHandlers(parts),
    ...busPolicyHandlers(parts),
    ...ruleHandlers(parts),
    ...targetHandlers(parts),
    ...tagHandlers(parts),
    ...connectionHandlers(parts),
    ...apiDestinationHandlers(parts),
    ...dataPlaneHandlers(parts),
  },
  permissions: { ...createPermissions(parts), ...createDataPlanePermissions(parts) },
  resourcePolicy: createPolicyAtDoor(parts),
  ledgerKeys: (operation, input, context) => ledgerKeys(operation, input as never, context),
});
