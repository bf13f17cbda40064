import type { PolicyDocument, Statement } from "../../../iam/document.ts";
import { statementsOf } from "../../../iam/policy.ts";
import { functionArn } from "../../../kit/arn.ts";
import { conflict, functionNotFound, invalid, notFound } from "../errors.ts";
import { parseFunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { checkPrincipalText, createPolicyAccess, refuseLatest } from "./policy-access.ts";
import { findPolicyHolder, type PolicyHolder } from "./policy-holders.ts";
import { findFunction } from "../functions/state.ts";

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

const principalOf = (text: string): Statement["Principal"] => {
  checkPrincipalText(text);
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

/** Who may use a function: the door of every trigger, statement by statement. */
export const policyHandlers = (needs: LambdaNeeds) => {
  const { store, clock } = needs;
  const access = createPolicyAccess(needs);
  /** What else the policy says stays: it may have been written as one document. */
  const withStatements = ({ policy }: PolicyHolder, statements: Statement[]): PolicyDocument | undefined =>
    statements.length === 0 ? undefined : { ...(policy ?? { Version: "2012-10-17", Id: "default" }), Statement: statements };

  return {
    async AddPermission(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      if (input.FunctionUrlAuthType !== undefined && input.Action !== "lambda:InvokeFunctionUrl") throw invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
      await access.checkExists(input.Principal!, parsed);
      const statement = await store.run(function* () {
        refuseLatest(parsed);
        const holder = yield* access.getHolder(parsed);
        access.checkRevision(holder, input.RevisionId, "GetPolicy");
        const statements = holder.policy === undefined ? [] : statementsOf(holder.policy);
        if (statements.some((one) => one.Sid === input.StatementId)) {
          throw conflict(`The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`);
        }
        const added = statementOf(input, parsed.arn);
        yield* access.write(holder, withStatements(holder, [...statements, added]));
        return added;
      });
      return { Statement: JSON.stringify(statement) };
    },

    async RemovePermission(input, context) {
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      await store.run(function* () {
        if ((yield* findFunction(parsed, parsed.name)) === undefined) throw notFound(`No policy found for: ${functionArn(parsed, parsed.name)}`);
        refuseLatest(parsed);
        const holder = yield* access.getHolder(parsed);
        if (holder.policy === undefined) throw notFound("No policy is associated with the given resource.");
        const statements = statementsOf(holder.policy);
        const left = statements.filter((one) => one.Sid !== input.StatementId);
        if (left.length === statements.length) throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
        access.checkRevision(holder, input.RevisionId, "GetPolicy");
        yield* access.write(holder, withStatements(holder, left));
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
