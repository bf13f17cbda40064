import type { NamedPolicy, PolicyDocument, Statement } from "../../iam/document.ts";
import { isPrincipalText } from "../../iam/principal.ts";
import { statementsOf } from "../../iam/policy.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { functionArn, parseArn } from "../../kit/arn.ts";
import { root } from "../../kit/caller.ts";
import { POLICY_BYTES_MAX } from "../../kit/limits.ts";
import type { Operation, Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { conflict, functionNotFound, invalid, notFound, revisionDiffers } from "./errors.ts";
import { isVersion, parseFunctionName, type FunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { findPolicyHolder, type PolicyHolder } from "./policy-holders.ts";
import type { FunctionReader } from "./reader.ts";
import { findFunction, getFunction } from "./state.ts";

interface PermissionInput {
  StatementId?: string | undefined;
  Action?: string | undefined;
  Principal?: string | undefined;
  SourceArn?: string | undefined;
  SourceAccount?: string | undefined;
  EventSourceToken?: string | undefined;
  PrincipalOrgID?: string | undefined;
  FunctionUrlAuthType?: string | undefined;
  InvokedViaFunctionUrl?: boolean | undefined;
}

/** Alexa's services alone stand outside amazonaws.com. */
const ALEXA = /^alexa-(appkit|connectedhome)\.amazon\.com$/;

const badPrincipal = (): ApiError => invalid("The provided principal was invalid. Please check the principal and try again.");

const principalOf = (text: string): Statement["Principal"] => {
  if (!isPrincipalText(text) && !ALEXA.test(text)) throw badPrincipal();
  if (text === "*") return "*";
  if (/^\d{12}$/.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
  return text.startsWith("arn:") ? { AWS: text } : { Service: text };
};

const conditionOf = (input: PermissionInput): Statement["Condition"] => {
  const equals: Record<string, string> = {
    ...(input.SourceAccount === undefined ? {} : { "AWS:SourceAccount": input.SourceAccount }),
    ...(input.EventSourceToken === undefined ? {} : { "lambda:EventSourceToken": input.EventSourceToken }),
    ...(input.PrincipalOrgID === undefined ? {} : { "aws:PrincipalOrgID": input.PrincipalOrgID }),
    ...(input.FunctionUrlAuthType === undefined ? {} : { "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType }),
  };
  const condition: Statement["Condition"] = {
    ...(Object.keys(equals).length === 0 ? {} : { StringEquals: equals }),
    ...(input.InvokedViaFunctionUrl === undefined ? {} : { Bool: { "lambda:InvokedViaFunctionUrl": String(input.InvokedViaFunctionUrl) } }),
    ...(input.SourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": input.SourceArn } }),
  };
  return Object.keys(condition).length === 0 ? undefined : condition;
};

/** As AWS writes it: members in this order. */
const statementOf = (input: PermissionInput, resource: string): Statement => {
  const condition = conditionOf(input);
  return {
    Sid: input.StatementId!, Effect: "Allow", Principal: principalOf(input.Principal!) as NonNullable<Statement["Principal"]>, Action: input.Action!, Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
};

/** Who may use a function: the door of every trigger. */
export const policyHandlers = ({ store, call, random, clock }: LambdaNeeds) => {
  /** AWS trusts no role that is not there; of other accounts' roles we know nothing. */
  const checkRoleExists = async (principal: string, { account, region }: FunctionName) => {
    const [, owner, RoleName] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(principal) ?? [];
    if (RoleName === undefined || owner !== account) return;
    try {
      await call("iam", "GetRole", { RoleName }, { as: root(account), region });
    } catch (error) {
      throw isApiError(error, "NoSuchEntityException") ? badPrincipal() : error;
    }
  };
  const refuseLatest = ({ qualifier }: FunctionName) => {
    if (qualifier === "$LATEST") throw invalid("We currently do not support adding policies for $LATEST.");
  };
  /** The function, the version or the alias that is named. */
  function* getHolder({ account, region, name, qualifier, arn }: FunctionName): Operation<PolicyHolder> {
    const holder = yield* findPolicyHolder({ account, region }, name, qualifier);
    if (holder !== undefined) return holder;
    yield* getFunction({ account, region }, name);
    throw isVersion(qualifier!) ? functionNotFound(arn) : notFound(`Cannot find alias arn: ${arn}`);
  }
  const checkRevision = (holder: PolicyHolder, revisionId: string | undefined) => {
    if (revisionId !== undefined && revisionId !== holder.revisionOf(clock)) throw revisionDiffers("GetPolicy");
  };
  function* write(holder: PolicyHolder, statements: readonly Statement[]) {
    const document: PolicyDocument = { Version: "2012-10-17", Id: "default", Statement: [...statements] };
    const text = JSON.stringify(document);
    const bytes = Buffer.byteLength(text);
    if (bytes > POLICY_BYTES_MAX) throw new ApiError("PolicyLengthExceededException", `The final policy size (${bytes}) is bigger than the limit (${POLICY_BYTES_MAX}).`, { status: 400, members: { Type: "User" } });
    yield* holder.write(clock, statements.length === 0 ? null : text, random.uuid());
  }

  return {
    async AddPermission(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      if (input.FunctionUrlAuthType !== undefined && input.Action !== "lambda:InvokeFunctionUrl") throw invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
      await checkRoleExists(input.Principal!, parsed);
      const statement = await store.run(function* () {
        refuseLatest(parsed);
        const holder = yield* getHolder(parsed);
        checkRevision(holder, input.RevisionId);
        const statements = holder.policy === undefined ? [] : statementsOf(holder.policy);
        if (statements.some((one) => one.Sid === input.StatementId)) {
          throw conflict(`The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`);
        }
        const added = statementOf(input, parsed.arn);
        yield* write(holder, [...statements, added]);
        return added;
      });
      return { Statement: JSON.stringify(statement) };
    },

    async RemovePermission(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      await store.run(function* () {
        if ((yield* findFunction(parsed, parsed.name)) === undefined) throw notFound(`No policy found for: ${functionArn(parsed, parsed.name)}`);
        refuseLatest(parsed);
        const holder = yield* getHolder(parsed);
        if (holder.policy === undefined) throw notFound("No policy is associated with the given resource.");
        const statements = statementsOf(holder.policy);
        const left = statements.filter((one) => one.Sid !== input.StatementId);
        if (left.length === statements.length) throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
        checkRevision(holder, input.RevisionId);
        yield* write(holder, left);
      });
      return {};
    },

    async GetPolicy(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const holder = await store.run(() => findPolicyHolder(parsed, parsed.name, parsed.qualifier));
      if (holder === undefined) throw functionNotFound(parsed.arn);
      if (holder.policy === undefined) throw notFound("The resource you requested does not exist.");
      return { Policy: JSON.stringify(holder.policy), RevisionId: holder.revisionOf(clock) };
    },
  } satisfies LambdaHandlers;
};

/** The policy that the door of a function, a version or an alias is kept by: each has its own. */
export const functionPolicy = async ({ store, read }: { store: Store; read: FunctionReader }, resource: string, context: RequestContext): Promise<NamedPolicy | undefined> => {
  const arn = parseArn(resource);
  const [kind, name, qualifier] = arn?.resource.split(":") ?? [];
  if (arn === undefined || kind !== "function" || name === undefined || name.includes("*")) return undefined;
  const isQualified = qualifier !== undefined && qualifier !== "$LATEST";
  const holder = isQualified ? await store.read(() => findPolicyHolder(arn, name, qualifier)) : await read(arn, name, context);
  return holder?.policy === undefined ? undefined : { name: qualifier === undefined ? `policy of the function ${name}` : `policy of ${qualifier} of the function ${name}`, document: holder.policy };
};
