import type { Target } from "@aws-sdk/client-eventbridge";
import { namesWithin } from "../../store/names-within.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import type { Place } from "./rows.ts";

export interface RuleName extends Place {
  bus: string;
  name: string;
}

/** What a rule is made of. */
export interface StoredRule {
  description?: string;
  /** JSON, as given. */
  eventPattern?: string;
  /** `rate(5 minutes)`, `cron(0 12 * * ? *)` */
  scheduleExpression?: string;
  state: "ENABLED" | "DISABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
  roleArn?: string;
  managedBy?: string;
  /** The account that made it. */
  createdBy: string;
  /** Platform time, milliseconds. */
  createdAt: number;
  tags: Record<string, string>;
  /** As given, in the order of their ids. */
  targets: Target[];
}

export interface RuleRecord extends RuleName {
  /** Of an enabled rule with a schedule, when it is due: platform time, milliseconds. */
  nextAt: number | undefined;
  body: StoredRule;
}

const toRule = (row: Row): RuleRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  bus: row["bus"] as string,
  name: row["name"] as string,
  nextAt: (row["next_at"] ?? undefined) as number | undefined,
  body: JSON.parse(row["body"] as string) as StoredRule,
});

/** `arn:aws:events:<region>:<account>:rule/<name>`, with the bus before the name where it is not the default one. */
export const ruleArn = ({ account, region, bus, name }: RuleName): string => `arn:aws:events:${region}:${account}:rule/${bus === "default" ? "" : `${bus}/`}${name}`;

export function* findRule({ account, region, bus, name }: RuleName): Operation<RuleRecord | undefined> {
  const row = yield* sqlOne("select * from event_rule where account = ? and region = ? and bus = ? and name = ?", account, region, bus, name);
  return row && toRule(row);
}

/** A bus's rules, ordered by their names, after one of them. */
export function* listRules({ account, region, bus }: Place & { bus: string }, { prefix = "", after = "", most = -1 }: { prefix?: string; after?: string; most?: number } = {}): Operation<RuleRecord[]> {
  const rows = yield* sql("select * from event_rule where account = ? and region = ? and bus = ? and name >= ? and name < ? order by name limit ?", account, region, bus, ...namesWithin(prefix, after), most);
  return rows.map(toRule);
}

export function* saveRule({ account, region, bus, name, nextAt, body }: RuleRecord): Operation<void> {
  yield* sql(
    "insert into event_rule (account, region, bus, name, next_at, body) values (?, ?, ?, ?, ?, ?) on conflict (account, region, bus, name) do update set next_at = excluded.next_at, body = excluded.body",
    account, region, bus, name, nextAt ?? null, JSON.stringify(body),
  );
  yield* forgetTargets({ account, region, bus, name });
  for (const targetArn of new Set(body.targets.map(({ Arn }) => Arn!))) yield* sql("insert into event_rule_target (account, region, bus, target_arn, rule) values (?, ?, ?, ?, ?)", account, region, bus, targetArn, name);
}

/** The rows that rules are found by. */
function* forgetTargets({ account, region, bus, name }: RuleName): Operation<void> {
  yield* sql("delete from event_rule_target where account = ? and region = ? and bus = ? and rule = ?", account, region, bus, name);
}

export function* deleteRule({ account, region, bus, name }: RuleName): Operation<void> {
  yield* sql("delete from event_rule where account = ? and region = ? and bus = ? and name = ?", account, region, bus, name);
  yield* forgetTargets({ account, region, bus, name });
}

/** Of a bus's rules with such a target, ordered by their names, after one of them. */
export function* listRuleNamesByTarget({ account, region, bus }: Place & { bus: string }, targetArn: string, { after, most }: { after: string; most: number }): Operation<string[]> {
  const rows = yield* sql("select rule from event_rule_target where account = ? and region = ? and bus = ? and target_arn = ? and rule > ? order by rule limit ?", account, region, bus, targetArn, after, most);
  return rows.map((row) => row["rule"] as string);
}

/** Enabled rules with a schedule whose time has come, the longest due first. */
export function* listDueRules(now: number, most: number): Operation<RuleRecord[]> {
  const rows = yield* sql("select * from event_rule where next_at <= ? order by next_at limit ?", now, most);
  return rows.map(toRule);
}

/** False where the rule is due at another time than this one by now, or is gone. */
export function* setNextAt({ account, region, bus, name, nextAt }: RuleRecord, next: number | undefined): Operation<boolean> {
  const set = yield* sql("update event_rule set next_at = ? where account = ? and region = ? and bus = ? and name = ? and next_at = ? returning name", next ?? null, account, region, bus, name, nextAt!);
  return set.length > 0;
}
