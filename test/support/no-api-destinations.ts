import type { SendToApiDestination } from "../../src/plumber/targets/api-destination.ts";

/** For an outbox of which no delivery goes to an API destination. */
export const noApiDestinations: SendToApiDestination = async ({ delivery }) => {
  throw new Error(`nothing was to be sent to ${delivery.targetArn}`);
};
