import type { PutPermissionRequest } from "@aws-sdk/client-eventbridge";
import type { NamedPolicy, PolicyDocument, Statement } from "../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../iam/policy.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { EVENT_BUS_POLICY_BYTES_MAX } from "../../kit/limits/events.ts";
import { busArn, findBus, type StoredBus } from "../../plumber/events/buses.ts";
import type { Operation } from "../../store/store.ts";
import type { Permission } from "../service.ts";
import { getBus, saveBus } from "./bus-rows.ts";
import { notFound, validation } from "./errors.ts";
import { busNamed, parseBusArn, parseRuleArn, type BusName } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";

/** The bus whose policy speaks of a resource: itself, or the one that a rule is on. */
const busOf = (resource: string): BusName | undefined => {
  const bus = parseBusArn(resource);
  if (bus !== undefined) return bus;
  const rule = parseRuleArn(resource);
  return rule && { account: rule.account, region: rule.region, name: rule.bus };
};

/** Buses whose policies are kept. Beyond it the oldest are read again. */
const KEPT_MAX = 1_000;

/** The policy at a bus's door: of events that are put on it, and of rules that others make on it. What was read is used again as long as nothing is written to the table. */
export const createPolicyAtDoor = ({ store }: Pick<EventsParts, "store">) => {
  const kept = new Map<string, { policy: NamedPolicy | undefined; generation: number }>();

  return async ({ resource }: Permission): Promise<NamedPolicy | undefined> => {
    const named = busOf(resource);
    if (named === undefined) return undefined;
    const arn = busArn(named, named.name);
    const known = kept.get(arn);
    if (known !== undefined && known.generation === store.generation("event_item")) return known.policy;
    // Taken before: what is written while it is read makes it another one.
    const generation = store.generation("event_item");
    const document = (await store.read(() => findBus(named, named.name)))?.policy;
    const policy = document && { name: `policy of the event bus ${named.name}`, document, attachedTo: arn };
    kept.delete(arn);
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(arn, { policy, generation });
    return policy;
  };
};

const parse = (text: string): PolicyDocument => {
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? validation(`Parameter Policy is not valid. Reason: ${error.message}`) : error;
  }
};

/** A bus's policy speaks of no other bus. */
const readPolicy = (text: string, { name }: BusName): PolicyDocument => {
  const document = parse(text);
  for (const resource of statementsOf(document).flatMap(({ Resource = [] }) => Resource)) {
    const other = parseBusArn(resource)?.name;
    if (other !== undefined && other !== name && !/[*?]/.test(other)) throw validation(`The relative-id "event-bus/${other}" is invalid for ARN "${resource}"`);
  }
  return document;
};

/** One account, or everybody, of an organization alone where the condition says so: as AWS writes the statement. */
const statementOf = ({ Action, Principal, StatementId, Condition }: PutPermissionRequest, named: BusName): Statement => {
  const missing = Object.entries({ Action, Principal, StatementId }).filter(([, value]) => value === undefined);
  if (missing.length > 0) throw validation(`Parameter(s) ${missing.map(([name]) => name).join(", ")} must be specified.`);
  if (Action !== "events:PutEvents") throw validation("Provided value in parameter 'action' is not supported.");
  if (Condition !== undefined && (Condition.Type !== "StringEquals" || Condition.Key !== "aws:PrincipalOrgID")) throw validation("Parameter Condition is not valid. Reason: Type must be StringEquals and Key must be aws:PrincipalOrgID.");
  return {
    Sid: StatementId!,
    Effect: "Allow",
    Principal: Principal === "*" ? "*" : { AWS: `arn:aws:iam::${Principal}:root` },
    Action,
    Resource: busArn(named, named.name),
    ...(Condition === undefined ? {} : { Condition: { StringEquals: { "aws:PrincipalOrgID": Condition.Value! } } }),
  };
};

/** A statement with the same id is replaced. */
const withStatement = (policy: PolicyDocument | undefined, statement: Statement): PolicyDocument => ({
  ...(policy ?? { Version: "2012-10-17" }),
  Statement: [...(policy === undefined ? [] : statementsOf(policy)).filter(({ Sid }) => Sid !== statement.Sid), statement],
});

const withoutStatement = ({ policy }: StoredBus, statementId: string | undefined): PolicyDocument | undefined => {
  if (policy === undefined) throw notFound("EventBus does not have a policy.");
  const left = statementsOf(policy).filter(({ Sid }) => Sid !== statementId);
  if (left.length === statementsOf(policy).length) throw notFound("Statement with the provided id does not exist.");
  return left.length === 0 ? undefined : { ...policy, Statement: left };
};

export const busPolicyHandlers = ({ store, clock }: EventsParts) => {
  function* write(named: BusName, { policy: _before, ...bus }: StoredBus, policy: PolicyDocument | undefined): Operation<void> {
    if (policy !== undefined && Buffer.byteLength(JSON.stringify(policy)) > EVENT_BUS_POLICY_BYTES_MAX) {
      throw new ApiError("PolicyLengthExceededException", `The policy of an event bus can have ${EVENT_BUS_POLICY_BYTES_MAX} bytes at most.`);
    }
    yield* saveBus(named, { ...bus, modifiedAt: clock.now(), ...(policy === undefined ? {} : { policy }) });
  }

  return {
    /** A whole policy takes the place of the one before; the other form adds a statement to it. */
    async PutPermission({ EventBusName, Policy, ...input }, context) {
      const named = busNamed(EventBusName, context);
      if (Policy !== undefined && Object.values(input).some((value) => value !== undefined)) throw validation("Policy cannot be given together with Action, Principal, StatementId or Condition.");
      const whole = Policy === undefined ? undefined : readPolicy(Policy, named);
      const statement = whole === undefined ? statementOf(input, named) : undefined;
      await store.run(function* () {
        const bus = yield* getBus(named);
        yield* write(named, bus, whole ?? withStatement(bus.policy, statement!));
      });
    },

    async RemovePermission({ EventBusName, StatementId, RemoveAllPermissions = false }, context) {
      const named = busNamed(EventBusName, context);
      if (!RemoveAllPermissions && StatementId === undefined) throw validation("Parameter(s) StatementId must be specified.");
      await store.run(function* () {
        const bus = yield* getBus(named);
        yield* write(named, bus, RemoveAllPermissions ? undefined : withoutStatement(bus, StatementId));
      });
    },
  } satisfies EventsHandlers;
};
