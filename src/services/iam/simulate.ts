import type { EvaluationResult, Statement as MatchedStatement } from "@aws-sdk/client-iam";
import type { NamedPolicy } from "../../iam/document.ts";
import { evaluate, type AuthorizationRequest, type ConsideredStatement } from "../../iam/evaluate.ts";
import { parsePolicy, statementsOf } from "../../iam/policy.ts";
import { parseArn } from "../../kit/arn.ts";
import { root, type Caller } from "../../kit/caller.ts";
import type { Operation } from "../../store/store.ts";
import { pageAfter } from "./pages.ts";
import { managedPolicies } from "./managed-policies.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { asDocument, attachedPolicies, findRole, findUser, inlinePolicies, invalidInput, noSuchEntity, policyDocument, type PrincipalKind, type PrincipalRecord } from "./state.ts";
import { statementSpans } from "./statement-positions.ts";

/** A policy of a simulation: its text too, for the positions of its statements. */
interface Source {
  /** What the answer calls it. */
  id: string;
  text: string;
}

interface Question {
  actions: readonly string[];
  resources: readonly string[];
  context: Record<string, string[]>;
  caller: Caller;
  account: string;
  identity: readonly Source[];
  boundary: readonly Source[] | undefined;
  resourcePolicy: Source | undefined;
}

interface Given {
  ActionNames?: string[] | undefined;
  ResourceArns?: string[] | undefined;
  ResourcePolicy?: string | undefined;
  ResourceOwner?: string | undefined;
  PermissionsBoundaryPolicyInputList?: string[] | undefined;
  ContextEntries?: { ContextKeyName?: string | undefined; ContextKeyValues?: string[] | undefined }[] | undefined;
}

const inputs = (texts: readonly string[] | undefined, prefix: string): Source[] => (texts ?? []).map((text, index) => (parsePolicy(text), { id: `${prefix}.${index + 1}`, text }));

const named = ({ id, text }: Source): NamedPolicy => ({ name: id, document: asDocument(text) });

const questionOf = (given: Given, identity: readonly Source[], boundary: readonly Source[] | undefined, caller: Caller, account: string): Question => {
  const boundaries = given.PermissionsBoundaryPolicyInputList;
  if (given.ResourcePolicy !== undefined) parsePolicy(given.ResourcePolicy, "resource");
  return {
    actions: given.ActionNames ?? [],
    resources: given.ResourceArns?.length ? given.ResourceArns : ["*"],
    context: Object.fromEntries((given.ContextEntries ?? []).map(({ ContextKeyName, ContextKeyValues }) => [ContextKeyName ?? "", ContextKeyValues ?? []])),
    caller,
    account: parseArn(given.ResourceOwner ?? "")?.account ?? (/^\d{12}$/.exec(given.ResourceOwner ?? "")?.[0] || account),
    identity,
    boundary: boundaries?.length ? inputs(boundaries, "PermissionsBoundaryPolicyInputList") : boundary,
    resourcePolicy: given.ResourcePolicy === undefined ? undefined : { id: "ResourcePolicy", text: given.ResourcePolicy },
  };
};

const matchedStatement = ({ policy, index }: ConsideredStatement, sources: readonly Source[]): MatchedStatement => {
  const span = statementSpans(sources.find(({ id }) => id === policy)?.text ?? "")[index];
  return { SourcePolicyId: policy, SourcePolicyType: "IAM Policy" as never, ...(span === undefined ? {} : { StartPosition: span.start, EndPosition: span.end }) };
};

/** Context keys that policies speak of and the question does not answer. */
const missingKeys = (sources: readonly Source[], context: Question["context"]): string[] => {
  const known = new Set(Object.keys(context).map((key) => key.toLowerCase()));
  return contextKeysOf(sources.map(({ text }) => text)).filter((key) => !known.has(key.toLowerCase()) && !SET_BY_CALLER.has(key.toLowerCase()));
};
const SET_BY_CALLER = new Set(["aws:currenttime", "aws:epochtime", "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:username"]);

const contextKeysOf = (texts: readonly string[]): string[] => {
  const keys = new Map<string, string>();
  const add = (key: string) => void (keys.has(key.toLowerCase()) || keys.set(key.toLowerCase(), key));
  for (const text of texts) {
    for (const { Condition = {} } of statementsOf(asDocument(text))) for (const entries of Object.values(Condition)) Object.keys(entries).forEach(add);
    for (const [, variable = ""] of text.matchAll(/\$\{([^},*?$]+)[^}]*\}/g)) add(variable.trim());
  }
  return [...keys.values()].toSorted();
};

const principalKeys = (caller: Caller): Record<string, string> =>
  caller.type === "user" || caller.type === "role-session"
    ? { "aws:PrincipalArn": caller.type === "user" ? caller.arn : caller.roleArn, "aws:PrincipalAccount": caller.account, "aws:userid": caller.userId, ...(caller.type === "user" ? { "aws:username": caller.userName } : {}) }
    : {};

const evaluateOne = (question: Question, action: string, resource: string): EvaluationResult => {
  const { caller, account, context, identity, boundary, resourcePolicy } = question;
  const request: AuthorizationRequest = {
    caller, action, resource, context: { ...principalKeys(caller), ...context },
    resourceAccount: parseArn(resource)?.account || account,
    identityPolicies: identity.map(named),
    resourcePolicy: resourcePolicy === undefined ? undefined : named(resourcePolicy),
    ...(boundary === undefined ? {} : { permissionsBoundary: { name: "boundary", document: { Version: "2012-10-17", Statement: boundary.flatMap(({ text }) => statementsOf(asDocument(text))) } } }),
  };
  const { isAllowed, reason, considered } = evaluate(request);
  const sources = [...identity, ...(resourcePolicy === undefined ? [] : [resourcePolicy])];
  const wanted = isAllowed ? "Allow" : "Deny";
  const matched = considered.filter(({ outcome, effect, role }) => outcome === "matched" && effect === wanted && role !== "boundary");
  const missing = missingKeys([...sources, ...(boundary ?? [])], context);
  const isInBoundary = considered.some(({ role, outcome, effect }) => role === "boundary" && outcome === "matched" && effect === "Allow");
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: (isAllowed ? "allowed" : reason === "explicit-deny" ? "explicitDeny" : "implicitDeny") as never,
    MatchedStatements: matched.map((statement) => matchedStatement(statement, sources)),
    MissingContextValues: missing,
    ...(boundary === undefined ? {} : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: isInBoundary } }),
  };
};

const answer = (question: Question, paging: { Marker?: string | undefined; MaxItems?: number | undefined }) => {
  for (const action of question.actions) if (!/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action)) throw invalidInput(`Invalid action name: ${action}. It must name one action, as in s3:GetObject`);
  const results = question.actions.flatMap((action) => question.resources.map((resource) => evaluateOne(question, action, resource)));
  const numbered = results.map((result, index) => ({ name: String(index).padStart(6, "0"), result }));
  const { items, rest } = pageAfter(numbered, ({ name }) => name, paging);
  return { EvaluationResults: items.map(({ result }) => result), ...rest };
};

function* policiesOf(kind: PrincipalKind, { account, name, boundaryArn }: PrincipalRecord): Operation<{ identity: Source[]; boundary: Source[] | undefined }> {
  const identity: Source[] = (yield* inlinePolicies(kind, account, name)).map((policy) => ({ id: `${kind}_${name}_${policy.name}`, text: policy.document }));
  const read = function* (arn: string): Operation<Source> {
    const text = yield* policyDocument(account, arn);
    return { id: managedPolicies.get(arn)?.name ?? arn.split("/").at(-1)!, text: text ?? '{"Statement":[]}' };
  };
  for (const arn of yield* attachedPolicies(kind, account, name)) identity.push(yield* read(arn));
  return { identity, boundary: boundaryArn === undefined ? undefined : [yield* read(boundaryArn)] };
}

/** The engine that decides for every call, asked without a call. */
export const simulationHandlers = ({ store }: IamNeeds) => {
  const principal = (arn: string, account: string) =>
    store.run(function* () {
      const parsed = parseArn(arn);
      const [kind, ...path] = parsed?.resource.split("/") ?? [];
      if (parsed?.service !== "iam" || (kind !== "role" && kind !== "user") || parsed.account !== account) throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
      const found = yield* (kind === "role" ? findRole : findUser)(parsed.account, path.at(-1) ?? "");
      if (found === undefined) throw noSuchEntity(`The ${kind} with name ${path.at(-1)} cannot be found.`);
      return { kind, found, ...(yield* policiesOf(kind, found)) } as const;
    });
  const callerOf = (kind: PrincipalKind, { account, arn, id, name }: PrincipalRecord): Caller =>
    kind === "user"
      ? { type: "user", account, arn, userId: id, userName: name }
      : { type: "role-session", account, arn: `arn:aws:sts::${account}:assumed-role/${name}/simulation`, userId: `${id}:simulation`, roleArn: arn, sessionName: "simulation", expiresAt: 0 };
  /** A caller that no policy of an identity stands behind but those given. */
  const stranger = (arn: string | undefined, account: string): Caller => {
    const parsed = parseArn(arn ?? "");
    if (parsed === undefined) return { type: "user", account, arn: `arn:aws:iam::${account}:user/simulation`, userId: "simulation", userName: "simulation" };
    if (parsed.resource === "root") return root(parsed.account);
    return { type: "user", account: parsed.account, arn: arn!, userId: arn!, userName: parsed.resource.split("/").at(-1)! };
  };

  return {
    async SimulateCustomPolicy(input, { account }) {
      return answer(questionOf(input, inputs(input.PolicyInputList, "PolicyInputList"), undefined, stranger(input.CallerArn, account), account), input);
    },

    async SimulatePrincipalPolicy(input, { account }) {
      const { kind, found, identity, boundary } = await principal(input.PolicySourceArn!, account);
      const all = [...identity, ...inputs(input.PolicyInputList, "PolicyInputList")];
      const caller = input.CallerArn === undefined || input.CallerArn === found.arn ? callerOf(kind, found) : stranger(input.CallerArn, account);
      return answer(questionOf(input, all, boundary, caller, account), input);
    },

    async GetContextKeysForCustomPolicy(input) {
      return { ContextKeyNames: contextKeysOf(inputs(input.PolicyInputList, "PolicyInputList").map(({ text }) => text)) };
    },

    async GetContextKeysForPrincipalPolicy(input, { account }) {
      const { identity } = await principal(input.PolicySourceArn!, account);
      return { ContextKeyNames: contextKeysOf([...identity, ...inputs(input.PolicyInputList, "PolicyInputList")].map(({ text }) => text)) };
    },
  } satisfies IamHandlers;
};
