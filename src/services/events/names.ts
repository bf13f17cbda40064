import { parseArn, type Arn } from "../../kit/arn.ts";
import { DEFAULT_BUS } from "../../plumber/events/buses.ts";
import type { Place } from "../../plumber/events/rows.ts";
import type { RuleName } from "../../plumber/events/rules.ts";
import { busNotFound } from "./errors.ts";

export interface BusName extends Place {
  name: string;
}

/** What is behind `<kind>/` in an ARN of EventBridge's; undefined for every other ARN. */
const resourceOf = (text: string, kind: string): { arn: Arn; resource: string } | undefined => {
  const arn = parseArn(text);
  if (arn?.service !== "events" || arn.partition !== "aws" || !arn.resource.startsWith(`${kind}/`)) return undefined;
  return { arn, resource: arn.resource.slice(kind.length + 1) };
};

export const parseBusArn = (text: string): BusName | undefined => {
  const found = resourceOf(text, "event-bus");
  return found && found.resource !== "" ? { account: found.arn.account, region: found.arn.region, name: found.resource } : undefined;
};

/** A rule's name has no `/`, a partner's bus has: the name is what is behind the last one. */
export const parseRuleArn = (text: string): RuleName | undefined => {
  const found = resourceOf(text, "rule");
  const [, bus, name] = /^(?:(.+)\/)?([^/]+)$/.exec(found?.resource ?? "") ?? [];
  return found && name !== undefined ? { account: found.arn.account, region: found.arn.region, bus: bus ?? DEFAULT_BUS, name } : undefined;
};

/** `arn:aws:events:<region>:<account>:connection/<name>/<id>`, and of API destinations likewise. */
export const parseIdentifiedArn = (text: string, kind: "connection" | "api-destination"): (Place & { name: string; id: string }) | undefined => {
  const found = resourceOf(text, kind);
  const [, name, id] = /^([^/]+)\/([^/]+)$/.exec(found?.resource ?? "") ?? [];
  return found && name !== undefined && id !== undefined ? { account: found.arn.account, region: found.arn.region, name, id } : undefined;
};

/**
 * The bus that `EventBusName` means: a name, an ARN (another account's, too), or the default one. Another region's is not known to this one's endpoint.
 */
export const busNamed = (given: string | undefined, { account, region }: Place): BusName => {
  if (given === undefined) return { account, region, name: DEFAULT_BUS };
  if (!given.startsWith("arn:")) return { account, region, name: given };
  const named = parseBusArn(given);
  if (named === undefined || named.region !== region) throw busNotFound(given);
  return named;
};

/** The rule that `Name` or `Rule` means, on the bus that `EventBusName` means. */
export const ruleNamed = (name: string, eventBusName: string | undefined, place: Place): RuleName => {
  const { account, region, name: bus } = busNamed(eventBusName, place);
  return { account, region, bus, name };
};
