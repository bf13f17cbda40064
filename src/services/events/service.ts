import type { Service } from "../service.ts";
import { policyAtDoor } from "./bus-policies.ts";
import { busHandlers } from "./buses.ts";
import { ledgerKeys } from "./ledger-keys.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { createPermissions } from "./permissions.ts";

/** Amazon EventBridge: buses, rules and their targets, events, archives, API destinations. */
export const createEventsService = (parts: EventsParts): Service<EventsTypes> => ({
  handlers: {
    ...busHandlers(parts),
  },
  permissions: { ...createPermissions(parts) },
  resourcePolicy: (permission) => policyAtDoor(parts, permission),
  ledgerKeys: (operation, input, context) => ledgerKeys(operation, input as never, context),
});
