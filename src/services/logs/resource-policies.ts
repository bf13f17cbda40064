import type { ResourcePolicy } from "@aws-sdk/client-cloudwatch-logs";
import type { NamedPolicy, PolicyDocument } from "../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../iam/policy.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { hexId } from "../../kit/ids.ts";
import { LOG_RESOURCE_POLICIES_MAX, LOG_RESOURCE_POLICY_CHARACTERS_MAX } from "../../kit/limits/logs.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { groupNotFound, invalidParameter, resourceLimit } from "./errors.ts";
import { groupInArn, logGroupArn, type Place } from "./names.ts";
import type { LogsHandlers, Parts } from "./needs.ts";
import { getGroup } from "./state.ts";
import { pageToken, parsePageToken } from "./tokens.ts";

const PAGE_MAX = 50;
const PLACES_KEPT_MAX = 100;

interface PolicyRow {
  /** Empty for those of the account. */
  group: string;
  name: string;
  document: string;
  updatedAt: number;
  revision: string;
}

const toPolicy = (row: Row): PolicyRow => ({
  group: row["group_name"] as string, name: row["name"] as string, document: row["document"] as string, updatedAt: Number(row["updated_at"]), revision: row["revision"] as string,
});

const describe = (place: Place, { group, name, document, updatedAt, revision }: PolicyRow): ResourcePolicy => ({
  policyDocument: document,
  lastUpdatedTime: updatedAt,
  ...(group === "" ? { policyName: name, policyScope: "ACCOUNT" } : { resourceArn: logGroupArn(place, group), policyScope: "RESOURCE" }),
  revisionId: revision,
});

const checkDocument = (document: string | undefined): string => {
  if (document === undefined) throw invalidParameter("The parameter policyDocument is required.");
  if (document.length > LOG_RESOURCE_POLICY_CHARACTERS_MAX) throw resourceLimit();
  try {
    const { Statement } = parsePolicy(document, "resource");
    if (statementsOf({ Statement } as PolicyDocument).some(({ Principal, NotPrincipal }) => Principal === undefined && NotPrincipal === undefined)) throw invalidParameter("Invalid policy document: each statement names a principal.");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? invalidParameter("Error occurred while parsing accessPolicy. Please check if the accessPolicy has been constructed correctly using IAM grammar.") : error;
  }
  return document;
};

const policyNotFound = (name: string): ApiError => new ApiError("ResourceNotFoundException", `Policy with name [${name}] does not exist`);

function* findPolicy({ account, region }: Place, group: string, name: string): Operation<PolicyRow | undefined> {
  const row = yield* sqlOne("select * from log_resource_policy where account = ? and region = ? and group_name = ? and name = ?", account, region, group, name);
  return row && toPolicy(row);
}

const checkRevision = (there: PolicyRow | undefined, expected: string | undefined): void => {
  if (expected !== undefined && expected !== there?.revision) throw new ApiError("OperationAbortedException", "The expectedRevisionId does not match the revision of the policy: it was changed meanwhile.");
};

/** Who else may write log events: services above all. Those of the account speak of all its groups, and each group may have one of its own ("PutResourcePolicy", API reference). */
export const resourcePolicyHandlers = ({ store, clock, random }: Parts) => {
  const groupOf = (resourceArn: string, place: Place): string => {
    const group = groupInArn(resourceArn, place);
    if (group === undefined) throw invalidParameter(`The resourceArn ${resourceArn} is not the ARN of a log group of this account and region.`);
    return group;
  };

  return {
    async PutResourcePolicy({ policyName, policyDocument, resourceArn, expectedRevisionId }, context) {
      const document = checkDocument(policyDocument);
      if (resourceArn === undefined && policyName === undefined) throw invalidParameter("The parameter policyName is required.");
      if (resourceArn !== undefined && policyName !== undefined) throw invalidParameter("The parameters policyName and resourceArn are mutually exclusive: the policy of a log group has no name.");
      const group = resourceArn === undefined ? "" : groupOf(resourceArn, context);
      const name = policyName ?? "";
      const policy: PolicyRow = { group, name, document, updatedAt: clock.now(), revision: hexId(random, 32) };
      const { account, region } = context;
      await store.run(function* () {
        if (group !== "") yield* getGroup(context, group);
        const there = yield* findPolicy(context, group, name);
        checkRevision(there, expectedRevisionId);
        const count = yield* sqlOne("select count(*) as n from log_resource_policy where account = ? and region = ? and group_name = ''", account, region);
        if (group === "" && there === undefined && Number(count!["n"]) >= LOG_RESOURCE_POLICIES_MAX) throw resourceLimit();
        yield* sql(
          "insert or replace into log_resource_policy (account, region, group_name, name, document, updated_at, revision) values (?, ?, ?, ?, ?, ?, ?)",
          account, region, group, name, document, policy.updatedAt, policy.revision,
        );
      });
      return { resourcePolicy: describe(context, policy), revisionId: policy.revision };
    },

    async DescribeResourcePolicies({ nextToken, limit = PAGE_MAX, resourceArn, policyScope }, context) {
      if (policyScope === "RESOURCE" && resourceArn === undefined) throw invalidParameter("The parameter resourceArn is required with the policyScope RESOURCE.");
      const group = resourceArn === undefined ? "" : groupOf(resourceArn, context);
      const after = nextToken === undefined ? "" : String(parsePageToken("policies", nextToken)[0]);
      const found = await store.run(function* () {
        if (group !== "") yield* getGroup(context, group);
        const rows = yield* sql(
          "select * from log_resource_policy where account = ? and region = ? and group_name = ? and (name > ? or ? = '') order by name limit ?",
          context.account, context.region, group, after, after, limit + 1,
        );
        return rows.map(toPolicy);
      });
      const page = found.slice(0, limit);
      return { resourcePolicies: page.map((policy) => describe(context, policy)), ...(found.length > limit ? { nextToken: pageToken("policies", [page.at(-1)!.name]) } : {}) };
    },

    async DeleteResourcePolicy({ policyName, resourceArn, expectedRevisionId }, context) {
      const group = resourceArn === undefined ? "" : groupOf(resourceArn, context);
      if (resourceArn === undefined && policyName === undefined) throw invalidParameter("The parameter policyName is required.");
      const name = group === "" ? policyName! : "";
      await store.run(function* () {
        const there = yield* findPolicy(context, group, name);
        if (there === undefined) throw group === "" ? policyNotFound(name) : groupNotFound();
        checkRevision(there, expectedRevisionId);
        yield* sql("delete from log_resource_policy where account = ? and region = ? and group_name = ? and name = ?", context.account, context.region, group, name);
      });
      return {};
    },
  } satisfies LogsHandlers;
};

/** Those of an account in a region, in memory as long as none is written: every call to CloudWatch Logs asks for them. */
export const createPolicyOfLogs = (store: Pick<Store, "read" | "generation">) => {
  const kept = new Map<string, { generation: number; policies: readonly PolicyRow[] }>();
  const policiesOf = async ({ account, region }: Place): Promise<readonly PolicyRow[]> => {
    const key = `${account}/${region}`;
    // Taken before: what is written while they are read makes it another one.
    const generation = store.generation("log_resource_policy");
    const known = kept.get(key);
    if (known?.generation === generation) return known.policies;
    const rows = await store.read(() => sql("select * from log_resource_policy where account = ? and region = ? order by group_name, name", account, region));
    if (kept.size >= PLACES_KEPT_MAX) kept.clear();
    const policies = rows.map(toPolicy);
    kept.set(key, { generation, policies });
    return policies;
  };

  /** All that the account's policies, and the group's own, say of a log group. */
  return async (resource: string, context: RequestContext): Promise<NamedPolicy | undefined> => {
    const group = /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:]*)/.exec(resource)?.[1];
    if (group === undefined) return undefined;
    const policies = (await policiesOf(context)).filter((policy) => policy.group === "" || policy.group === group);
    if (policies.length === 0) return undefined;
    const statements = policies.flatMap(({ document }) => statementsOf(JSON.parse(document) as PolicyDocument));
    return { name: `resource policy ${policies.map((policy) => policy.name || `of ${policy.group}`).join(", ")}`, document: { Version: "2012-10-17", Statement: statements } };
  };
};
