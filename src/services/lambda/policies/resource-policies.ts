import { listOf, type PolicyDocument, type Statement } from "../../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../../iam/policy.ts";
import { isPublicPolicy } from "../../../iam/public-policy.ts";
import { matchesArn } from "../../../iam/wildcard.ts";
import { ApiError, isApiError } from "../../../kit/api-error.ts";
import { functionArn } from "../../../kit/arn.ts";
import { functionNotFound, invalid, notFound } from "../errors.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { badPrincipal, checkPrincipalText, createPolicyAccess, refuseLatest } from "./policy-access.ts";
import { findPolicyHolder } from "./policy-holders.ts";

/** Lambda's own keys that say who a request is from. */
const NARROWING_KEYS: readonly string[] = ["lambda:eventsourcetoken", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl"];

/** Everyone, or what a statement names one by one; who is neither an account, an identity nor a service never comes here. */
const principalsOf = ({ Principal, NotPrincipal }: Statement): string[] => {
  const element = Principal ?? NotPrincipal;
  if (element === undefined || element === "*") return [];
  return Object.entries(element).flatMap(([type, value]) => {
    if (type !== "AWS" && type !== "Service") throw badPrincipal();
    return listOf(value);
  });
};

/** The actions of Lambda on this function, its versions and its aliases. */
const checkScope = ({ Action, NotAction, Resource, NotResource }: Statement, at: FunctionName) => {
  const foreign = listOf(Action ?? NotAction).find((action) => action !== "*" && !/^lambda:/i.test(action));
  if (foreign !== undefined) throw invalid(`The policy has the action ${foreign}, which is none of Lambda's. Only lambda:… can be allowed or denied on a function`);
  const own = functionArn(at, at.name);
  const isOfFunction = (resource: string) => [own, at.arn, `${own}:1`].some((arn) => matchesArn(resource, arn)) || resource.startsWith(`${own}:`);
  const outside = listOf(Resource ?? NotResource).find((resource) => !isOfFunction(resource));
  if (outside !== undefined) throw invalid(`The policy has the resource ${outside}, which is not the one that it is added to. Write ${at.arn}${at.qualifier === undefined ? `, or ${own}:* for its versions and aliases` : ""}`);
};

/** The document of a request, or AWS's error of Lambda for what IAM would call malformed. */
const readDocument = (text: string): PolicyDocument => {
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? invalid(`The provided policy is invalid: ${error.message}`) : error;
  }
};

/** The policy of a function, a version or an alias as one document: the same that AddPermission and RemovePermission change statement by statement. */
export const resourcePolicyHandlers = (needs: LambdaNeeds) => {
  const { store, clock } = needs;
  const access = createPolicyAccess(needs);

  const check = async (document: PolicyDocument, at: FunctionName) => {
    for (const statement of statementsOf(document)) {
      checkScope(statement, at);
      for (const principal of principalsOf(statement)) {
        checkPrincipalText(principal);
        await access.checkExists(principal, at);
      }
    }
    if (isPublicPolicy(document, NARROWING_KEYS)) throw new ApiError("PublicPolicyException", "The resource-based policy you tried to add to the Lambda resource would grant public access to it, which isn't allowed.", { status: 400, members: { Type: "User" } });
  };

  return {
    async PutResourcePolicy(input, context) {
      const at = parseFunctionName(input.ResourceArn!, context);
      const document = readDocument(input.Policy!);
      await check(document, at);
      const RevisionId = await store.run(function* () {
        refuseLatest(at);
        const holder = yield* access.getHolder(at);
        access.checkRevision(holder, input.RevisionId, "GetResourcePolicy");
        return yield* access.write(holder, document);
      });
      return { Policy: JSON.stringify(document), RevisionId };
    },

    async GetResourcePolicy(input, context) {
      const at = parseFunctionName(input.ResourceArn!, context);
      const holder = await store.read(() => findPolicyHolder(at, at.name, at.qualifier));
      if (holder === undefined) throw functionNotFound(at.arn);
      if (holder.policy === undefined) throw notFound("The resource you requested does not exist.");
      return { Policy: JSON.stringify(holder.policy), RevisionId: holder.revisionOf(clock) };
    },

    async DeleteResourcePolicy(input, context) {
      const at = parseFunctionName(input.ResourceArn!, context);
      await store.run(function* () {
        refuseLatest(at);
        const holder = yield* access.getHolder(at);
        if (holder.policy === undefined) throw notFound("The resource you requested does not exist.");
        access.checkRevision(holder, input.RevisionId, "GetResourcePolicy");
        yield* access.write(holder, undefined);
      });
    },
  } satisfies LambdaHandlers;
};
