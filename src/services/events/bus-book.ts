import { createPatternSet } from "../../patterns/pattern-set.ts";
import type { RuleRecord } from "../../plumber/events/rules.ts";
import type { BusArchive } from "./archive-rows.ts";
import type { BusEvent } from "./event.ts";
import { createMatchedRule, type MatchedRule } from "./rule-targets.ts";

/** What of a bus wants an event. */
export interface Wanting {
  rules: MatchedRule[];
  archives: BusArchive[];
}

/** The rules and the archives of one bus, in memory. */
export interface BusBook {
  /** Throws InvalidPattern. A rule that is disabled, or has no pattern, is not there. */
  setRule(rule: RuleRecord): void;
  dropRule(name: string): void;
  /** Throws InvalidPattern. */
  setArchive(archive: BusArchive): void;
  dropArchive(name: string): void;
  wanting(event: BusEvent): Wanting;
}

/** Calls that only read. An ENABLED rule does not get to see them ("Read-only management events from AWS services", user guide). */
const READS = /^(Get|List|Describe)/;

const isReadOnlyManagementEvent = ({ source, detailType, json }: BusEvent): boolean => {
  if (detailType !== "AWS API Call via CloudTrail" || !source.startsWith("aws.")) return false;
  const { detail } = JSON.parse(json) as { detail: { eventName?: unknown; managementEvent?: unknown } };
  return detail.managementEvent !== false && typeof detail.eventName === "string" && READS.test(detail.eventName);
};

const RULE = "rule/";
const ARCHIVE = "archive/";

export const createBusBook = (): BusBook => {
  const patterns = createPatternSet<string>();
  const rules = new Map<string, MatchedRule>();
  const archives = new Map<string, BusArchive>();
  /** Archives that keep all. */
  const greedy = new Map<string, BusArchive>();

  const dropRule = (name: string) => {
    patterns.remove(RULE + name);
    rules.delete(name);
  };
  const dropArchive = (name: string) => {
    patterns.remove(ARCHIVE + name);
    archives.delete(name);
    greedy.delete(name);
  };
  return {
    setRule(rule) {
      const { name, body } = rule;
      dropRule(name);
      if (body.eventPattern === undefined || body.state === "DISABLED") return;
      patterns.add(RULE + name, body.eventPattern);
      const { account, region, bus } = rule;
      rules.set(name, createMatchedRule({ account, region, bus, name }, body));
    },
    dropRule,
    setArchive(archive) {
      dropArchive(archive.name);
      if (archive.eventPattern === undefined) {
        greedy.set(archive.name, archive);
        return;
      }
      patterns.add(ARCHIVE + archive.name, archive.eventPattern);
      archives.set(archive.name, archive);
    },
    dropArchive,
    wanting(event) {
      const found: Wanting = { rules: [], archives: [...greedy.values()] };
      if (patterns.size === 0) return found;
      for (const key of patterns.matching(Buffer.from(event.json), event.isPlain === true ? "plain" : "any")) {
        if (key.startsWith(RULE)) found.rules.push(rules.get(key.slice(RULE.length))!);
        else found.archives.push(archives.get(key.slice(ARCHIVE.length))!);
      }
      if (isReadOnlyManagementEvent(event)) found.rules = found.rules.filter(({ state }) => state === "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
      return found;
    },
  };
};
