import type { NamedPolicy } from "../../iam/document.ts";
import { busArn, findBus } from "../../plumber/events/buses.ts";
import type { Permission } from "../service.ts";
import { parseBusArn, parseRuleArn, type BusName } from "./names.ts";
import type { EventsParts } from "./needs.ts";

/** The bus whose policy speaks of a resource: itself, or the one that a rule is on. */
const busOf = (resource: string): BusName | undefined => {
  const bus = parseBusArn(resource);
  if (bus !== undefined) return bus;
  const rule = parseRuleArn(resource);
  return rule && { account: rule.account, region: rule.region, name: rule.bus };
};

/** The policy at a bus's door: of events that are put on it, and of rules that others make on it. */
export const policyAtDoor = async ({ store }: Pick<EventsParts, "store">, { resource }: Permission): Promise<NamedPolicy | undefined> => {
  const named = busOf(resource);
  const policy = named && (await store.read(() => findBus(named, named.name)))?.policy;
  return named && policy && { name: `policy of the event bus ${named.name}`, document: policy, attachedTo: busArn(named, named.name) };
};
