import type { HttpParameters, Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kit/arn.ts";
import { derivedUuid } from "../../kit/ids.ts";
import { EVENT_BACKOFF_MS_FIRST, EVENT_BACKOFF_MS_MAX, EVENT_RETRY_AGE_SECONDS_MAX, EVENT_RETRY_ATTEMPTS_MAX } from "../../kit/limits/events.ts";
import { chainOf, type AsRole, type AsService, type Delivery } from "../../plumber/delivery.ts";
import { DEFAULT_BUS } from "../../plumber/events/buses.ts";
import { parseJson, type JsonValue } from "../../plumber/events/json-value.ts";
import { ruleArn, type RuleName, type StoredRule } from "../../plumber/events/rules.ts";
import type { BusEvent } from "./event.ts";
import { parametersBudget } from "./input-budget.ts";
import { createTargetInput, parameterText, withinBudget } from "./target-input.ts";

export const EVENTS_PRINCIPAL = "events.amazonaws.com";

/** "Metrics that specify only the RuleName dimension refer to the default event bus" ("Monitoring Amazon EventBridge", user guide). */
export const ruleDimensions = ({ bus, name }: Pick<RuleName, "bus" | "name">): Record<string, string> => (bus === DEFAULT_BUS ? { RuleName: name } : { EventBusName: bus, RuleName: name });

/** The same for the same event, rule and target: a target that is given it twice knows it again. A replay gives it another time, and so does another rule that forwards it. */
const deliveryId = ({ id, replayName = "", broughtBy }: BusEvent, rule: string, target: string): string => derivedUuid(id, replayName, ...(broughtBy === undefined ? [] : [broughtBy]), rule, target);

const isBus = (targetArn: string): boolean => parseArn(targetArn)?.resource.startsWith("event-bus/") === true;

/** A rule's own role is for these. */
const isReachedByRoleOnly = (targetArn: string, account: string): boolean => {
  const arn = parseArn(targetArn);
  return arn?.service === "events" || (arn !== undefined && arn.account !== account);
};

/** Values of the event where its parameters name paths. */
const filledHttp = ({ PathParameterValues, HeaderParameters = {}, QueryStringParameters = {} }: HttpParameters, textOf: (given: string) => string): HttpParameters => {
  const filled = (values: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)]));
  return { PathParameterValues: (PathParameterValues ?? []).map(textOf), HeaderParameters: filled(HeaderParameters), QueryStringParameters: filled(QueryStringParameters) };
};

const MAY_GO_NO_FURTHER = { code: "THIRD_ACCOUNT_HOP_DETECTED", message: "The event has come from another event bus already, and such an event is not forwarded again" };

/** What is made of one target once, and then of each event. */
export type MakeDelivery = (event: BusEvent) => Delivery;

const createMakeDelivery = (named: RuleName, rule: Pick<StoredRule, "roleArn">, target: Target): MakeDelivery => {
  const { account, region, name } = named;
  const arn = ruleArn(named);
  const targetArn = target.Arn!;
  const input = createTargetInput(target, { arn, name });
  const service: AsService = { service: EVENTS_PRINCIPAL, account, sourceArn: arn, sourceAccount: account };
  const role = target.RoleArn ?? (isReachedByRoleOnly(targetArn, account) ? rule.roleArn : undefined);
  const as: AsService | AsRole = role === undefined ? service : { role, account, principal: EVENTS_PRINCIPAL, functionName: `the rule ${name}`, sourceArn: arn };
  const { MaximumRetryAttempts = EVENT_RETRY_ATTEMPTS_MAX, MaximumEventAgeInSeconds = EVENT_RETRY_AGE_SECONDS_MAX } = target.RetryPolicy ?? {};
  const retry = { attemptsMax: MaximumRetryAttempts, ageMs: MaximumEventAgeInSeconds * 1_000, backoff: { firstMs: EVENT_BACKOFF_MS_FIRST, maxMs: EVENT_BACKOFF_MS_MAX } };
  const measured = { namespace: "AWS/Events" as const, dimensions: ruleDimensions(named) };
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  const attributes = { RULE_ARN: { DataType: "String", StringValue: arn }, TARGET_ARN: { DataType: "String", StringValue: targetArn } };
  const groupId = target.SqsParameters?.MessageGroupId;
  const { HttpParameters: http } = target;

  const besideOf = (json: string) =>
    withinBudget(() => {
      let parsed: JsonValue | undefined;
      const budget = parametersBudget();
      const textOf = (given: string) => parameterText(given, () => (parsed ??= parseJson(json)), budget);
      return { ...(groupId === undefined ? {} : { messageGroupId: textOf(groupId) }), ...(http === undefined ? {} : { httpParameters: filledHttp(http, textOf) }) };
    });

  return (event) => {
    const { json, trace } = event;
    const { payload, ...made } = isBus(targetArn) ? { payload: json, ...(event.isForwarded ? { impossible: MAY_GO_NO_FURTHER } : {}) } : input(event);
    return {
      id: deliveryId(event, arn, target.Id!),
      ...chainOf(trace),
      targetArn, payload, as, region, retry, measured,
      keys: [event.id, arn],
      ...(isBus(targetArn) ? { isForwarded: true } : {}),
      ...besideOf(json),
      ...made,
      ...(deadLetterArn === undefined ? {} : { deadLetter: { targetArn: deadLetterArn, as: service, style: "EventBridge", attributes, ...(payload === json ? {} : { payload: json }) } }),
    };
  };
};

/** A rule as it is matched: what it is made of, and what becomes of an event for each of its targets. */
export interface MatchedRule {
  named: RuleName;
  arn: string;
  state: StoredRule["state"];
  targetArns: readonly string[];
  /** Reads the targets with the first event. */
  deliveriesOf(event: BusEvent): Delivery[];
}

export const createMatchedRule = (named: RuleName, { state, targets, roleArn }: StoredRule): MatchedRule => {
  let makers: MakeDelivery[] | undefined;
  return {
    named,
    arn: ruleArn(named),
    state,
    targetArns: targets.map(({ Arn }) => Arn!),
    deliveriesOf(event) {
      makers ??= targets.map((target) => createMakeDelivery(named, roleArn === undefined ? {} : { roleArn }, target));
      return makers.map((make) => make(event));
    },
  };
};
