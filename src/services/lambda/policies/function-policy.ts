import { listOf, type NamedPolicy, type PolicyDocument, type Statement } from "../../../iam/document.ts";
import { statementsOf } from "../../../iam/policy.ts";
import { matchesArn } from "../../../iam/wildcard.ts";
import { functionArn, parseArn } from "../../../kit/arn.ts";
import type { Store } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { findPolicyHolder } from "./policy-holders.ts";
import type { FunctionReader } from "../functions/reader.ts";

const isNamedIn = (resources: string | string[], arn: string): boolean => listOf(resources).some((pattern) => matchesArn(pattern, arn));

/** Whether a statement of the function's policy is for this version or alias, too: it says so, with its ARN or a wildcard. */
const speaksOf = ({ Resource, NotResource }: Statement, arn: string): boolean => (Resource === undefined ? NotResource !== undefined && !isNamedIn(NotResource, arn) : isNamedIn(Resource, arn));

/** `$LATEST` is the function by another name: what denies the one denies the other. What allows is taken by its letter. */
const deniesLatest = (document: PolicyDocument, own: string): PolicyDocument => ({
  ...document,
  Statement: statementsOf(document).map((statement) => (statement.Effect === "Deny" && statement.Resource !== undefined && isNamedIn(statement.Resource, own) ? { ...statement, Resource: [...listOf(statement.Resource), `${own}:$LATEST`] } : statement)),
});

/** The policy that the door of a function, a version or an alias is kept by: each has its own, and a function's may speak of its versions and aliases. */
export const functionPolicy = async ({ store, read }: { store: Store; read: FunctionReader }, resource: string, context: RequestContext): Promise<NamedPolicy | undefined> => {
  const arn = parseArn(resource);
  const [kind, name, qualifier] = arn?.resource.split(":") ?? [];
  if (arn === undefined || kind !== "function" || name === undefined || name.includes("*")) return undefined;
  const own = functionArn(arn, name);
  const ofFunction = (document: PolicyDocument): NamedPolicy => ({ name: `policy of the function ${name}`, document, attachedTo: own });
  const latest = await read(arn, name, context);
  if (latest === undefined || qualifier === undefined) return latest?.policy === undefined ? undefined : ofFunction(latest.policy);
  if (qualifier === "$LATEST") return latest.policy === undefined ? undefined : { ...ofFunction(deniesLatest(latest.policy, own)), name: `policy of $LATEST of the function ${name}` };
  const holder = await store.read(() => findPolicyHolder(arn, name, qualifier));
  const also = latest.policy !== undefined && statementsOf(latest.policy).some((statement) => speaksOf(statement, resource)) ? [ofFunction(latest.policy)] : [];
  if (holder?.policy === undefined) return also[0];
  return { name: `policy of ${qualifier} of the function ${name}`, document: holder.policy, attachedTo: resource, ...(also.length === 0 ? {} : { also }) };
};
