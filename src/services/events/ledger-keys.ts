import { isApiError } from "../../kit/api-error.ts";
import { busArn } from "../../plumber/events/buses.ts";
import type { Place } from "../../plumber/events/rows.ts";
import { ruleArn } from "../../plumber/events/rules.ts";
import { busNamed, ruleNamed } from "./names.ts";

interface Named {
  Name?: string;
  Rule?: string;
  EventBusName?: string;
  ResourceARN?: string;
  ArchiveName?: string;
  ReplayName?: string;
}

/** What a refused or failed call is found by: the rule's name and ARN, the bus's ARN, the names of what else there is. */
export const ledgerKeys = (operation: string, { Name, Rule, EventBusName, ResourceARN, ArchiveName, ReplayName }: Named, place: Place): string[] => {
  const rule = Rule ?? (operation.endsWith("Rule") ? Name : undefined);
  try {
    if (rule !== undefined) return [rule, ruleArn(ruleNamed(rule, EventBusName, place))];
    if (operation.endsWith("EventBus") && Name !== undefined) return [busArn(place, busNamed(Name, place).name)];
    return [ArchiveName, ReplayName, Name, ResourceARN, EventBusName].filter((one) => one !== undefined);
  } catch (error) {
    if (isApiError(error)) return [];
    throw error;
  }
};
