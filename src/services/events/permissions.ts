import { tagKeys } from "../../iam/tag-keys.ts";
import { apiDestinationArn, findApiDestination } from "../../plumber/events/api-destinations.ts";
import { busArn, findBus } from "../../plumber/events/buses.ts";
import { findRule, ruleArn, type RuleName } from "../../plumber/events/rules.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { archiveArn } from "./archive-rows.ts";
import { busNamed, parseBusArn, parseIdentifiedArn, parseRuleArn, ruleNamed, type BusName } from "./names.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { patternKeys } from "./pattern-keys.ts";
import { replayArn } from "./replay-rows.ts";
import { readTags } from "./tag-rules.ts";

type Keys = NonNullable<Permission["context"]>;
type Permissions = Service<EventsTypes>["permissions"];
type GivenTags = Parameters<typeof readTags>[0];

const asked = (given: GivenTags): Keys => {
  const tags = readTags(given);
  return Object.keys(tags).length === 0 ? {} : { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) };
};

/** Who makes something with tags must be allowed to tag it. */
const withTagging = (made: Permission, tags: GivenTags): Permission[] => {
  const context = { ...made.context, ...asked(tags) };
  return [made.action, ...((tags ?? []).length === 0 ? [] : ["events:TagResource"])].map((action) => ({ ...made, action, context }));
};

/** Who lets EventBridge act as a role hands it over. */
const handedOver = (roles: readonly (string | undefined)[]): Permission[] =>
  [...new Set(roles)]
    .filter((arn) => arn !== undefined)
    .map((resource) => ({ action: "iam:PassRole", resource, context: { "iam:PassedToService": "events.amazonaws.com" } }));

/** What EventBridge's control plane asks IAM ("Actions, resources, and condition keys for Amazon EventBridge"). */
export const createPermissions = ({ store }: Pick<EventsParts, "store">) => {
  const onBus = async (action: string, named: BusName): Promise<Permission> => {
    const bus = await store.read(() => findBus(named, named.name));
    return { action: `events:${action}`, resource: busArn(named, named.name), context: tagKeys("ResourceTag", bus?.tags ?? {}) };
  };
  /** A rule that is not there would be the caller's. */
  const onRule = async (action: string, named: RuleName, { caller }: RequestContext, keys: Keys = {}): Promise<Permission> => {
    const rule = await store.read(() => findRule(named));
    const context = { "events:creatorAccount": rule?.body.createdBy ?? caller.account, ...(rule?.body.managedBy === undefined ? {} : { "events:ManagedBy": rule.body.managedBy }), ...tagKeys("ResourceTag", rule?.body.tags ?? {}), ...keys };
    return { action: `events:${action}`, resource: ruleArn(named), context };
  };
  const onTags = async (action: string, resourceArn: string, context: RequestContext, keys: Keys = {}): Promise<Permission[]> => {
    const rule = parseRuleArn(resourceArn);
    if (rule !== undefined) return [await onRule(action, rule, context, keys)];
    const bus = parseBusArn(resourceArn);
    if (bus === undefined) return [{ action: `events:${action}`, resource: resourceArn, context: keys }];
    const permission = await onBus(action, bus);
    return [{ ...permission, context: { ...permission.context, "events:creatorAccount": bus.account, ...keys } }];
  };

  /** A connection, or an API destination, by its name alone. */
  const asksNamed = (action: string, kind: "connection" | "api-destination") => ({ Name }: { Name: string | undefined }, { account, region }: RequestContext): Permission[] => [{ action: `events:${action}`, resource: `arn:aws:events:${region}:${account}:${kind}/${Name}` }];
  /** API destinations go by it. */
  const viaConnection = (action: string, connectionArn: string | undefined): Permission[] => {
    const named = parseIdentifiedArn(connectionArn ?? "", "connection");
    return named === undefined ? [] : [{ action: `events:${action}`, resource: `arn:aws:events:${named.region}:${named.account}:connection/${named.name}` }];
  };
  const asksDestination = async (name: string, context: RequestContext): Promise<Permission[]> => {
    const found = await store.read(() => findApiDestination(context, name));
    return [...asksNamed("DescribeApiDestination", "api-destination")({ Name: name }, context), ...viaConnection("DescribeApiDestination", found?.body.connectionArn)];
  };
  /** Beside what is made of the bus's events, the bus itself. */
  const withBus = async (action: string, own: readonly string[], eventBusArn: string | undefined): Promise<Permission[]> => {
    const bus = parseBusArn(eventBusArn ?? "");
    return [...own.map((resource) => ({ action: `events:${action}`, resource })), ...(bus === undefined ? [] : [await onBus(action, bus)])];
  };
  /** On AWS its parameters are a secret in Secrets Manager: "you must use an account that has permission to use Secrets Manager" ("Authorization methods for connections", user guide). */
  const secretOf = (name: string, { account, region }: RequestContext): Permission => ({ action: "secretsmanager:CreateSecret", resource: `arn:aws:secretsmanager:${region}:${account}:secret:events!connection/${name}/*` });
  const invocation = async (name: string, { account, region }: RequestContext): Promise<Permission> => {
    const found = await store.read(() => findApiDestination({ account, region }, name));
    return { action: "events:InvokeApiDestination", resource: apiDestinationArn({ account, region }, name, found?.body.id ?? "") };
  };

  const asksBus = (action: string) => async ({ Name }: { Name?: string | undefined }, context: RequestContext) => [await onBus(action, busNamed(Name, context))];
  const asksBusOfPolicy = (action: string) => async ({ EventBusName }: { EventBusName?: string | undefined }, context: RequestContext) => [await onBus(action, busNamed(EventBusName, context))];
  const asksRule = (action: string) => async ({ Name, Rule, EventBusName }: { Name?: string | undefined; Rule?: string | undefined; EventBusName?: string | undefined }, context: RequestContext) => [await onRule(action, ruleNamed((Rule ?? Name)!, EventBusName, context), context)];
  /** No resource is named for it; another account's bus does not let anybody list. */
  const asksList = (action: string) => ({ EventBusName }: { EventBusName?: string | undefined }, context: RequestContext): Permission[] => [{ action: `events:${action}`, resource: "*", account: busNamed(EventBusName, context).account }];

  return {
    CreateEventBus: ({ Name, Tags }, context) => withTagging({ action: "events:CreateEventBus", resource: busArn(context, Name!) }, Tags),
    UpdateEventBus: asksBus("UpdateEventBus"),
    DescribeEventBus: asksBus("DescribeEventBus"),
    DeleteEventBus: asksBus("DeleteEventBus"),
    ListEventBuses: () => [{ action: "events:ListEventBuses", resource: "*" }],
    PutPermission: asksBusOfPolicy("PutPermission"),
    RemovePermission: asksBusOfPolicy("RemovePermission"),
    PutRule: async ({ Name, EventBusName, EventPattern, RoleArn, Tags }, context) => [
      ...withTagging(await onRule("PutRule", ruleNamed(Name!, EventBusName, context), context, patternKeys(EventPattern)), Tags),
      ...handedOver([RoleArn]),
    ],
    DescribeRule: asksRule("DescribeRule"),
    DeleteRule: asksRule("DeleteRule"),
    EnableRule: asksRule("EnableRule"),
    DisableRule: asksRule("DisableRule"),
    ListRules: asksList("ListRules"),
    ListRuleNamesByTarget: asksList("ListRuleNamesByTarget"),
    PutTargets: async ({ Rule, EventBusName, Targets = [] }, context) => [
      await onRule("PutTargets", ruleNamed(Rule!, EventBusName, context), context, { "events:TargetArn": Targets.map(({ Arn }) => Arn!) }),
      ...handedOver(Targets.map(({ RoleArn }) => RoleArn)),
    ],
    RemoveTargets: asksRule("RemoveTargets"),
    ListTargetsByRule: asksRule("ListTargetsByRule"),
    CreateConnection: (input, context) => [...asksNamed("CreateConnection", "connection")(input, context), secretOf(input.Name!, context)],
    UpdateConnection: asksNamed("UpdateConnection", "connection"),
    DescribeConnection: asksNamed("DescribeConnection", "connection"),
    DeauthorizeConnection: asksNamed("DeauthorizeConnection", "connection"),
    DeleteConnection: asksNamed("DeleteConnection", "connection"),
    ListConnections: () => [{ action: "events:ListConnections", resource: "*" }],
    CreateApiDestination: (input, context) => [...asksNamed("CreateApiDestination", "api-destination")(input, context), ...viaConnection("CreateApiDestination", input.ConnectionArn)],
    UpdateApiDestination: asksNamed("UpdateApiDestination", "api-destination"),
    DescribeApiDestination: async (input, context) => (context.isInvocation === true ? [await invocation(input.Name!, context)] : asksDestination(input.Name!, context)),
    DeleteApiDestination: asksNamed("DeleteApiDestination", "api-destination"),
    ListApiDestinations: () => [{ action: "events:ListApiDestinations", resource: "*" }],
    CreateArchive: ({ ArchiveName, EventSourceArn }, context) => withBus("CreateArchive", [archiveArn(context, ArchiveName!)], EventSourceArn),
    StartReplay: ({ ReplayName, EventSourceArn, Destination }, context) => withBus("StartReplay", [replayArn(context, ReplayName!), EventSourceArn!], Destination?.Arn),
    TagResource: ({ ResourceARN, Tags }, context) => onTags("TagResource", ResourceARN!, context, asked(Tags)),
    UntagResource: ({ ResourceARN, TagKeys = [] }, context) => onTags("UntagResource", ResourceARN!, context, { "aws:TagKeys": TagKeys }),
    ListTagsForResource: ({ ResourceARN }, context) => onTags("ListTagsForResource", ResourceARN!, context),
  } satisfies Permissions;
};
