import { requestContextKeys, type RequestFacts } from "../iam/context.ts";
import type { NamedPolicy } from "../iam/document.ts";
import { evaluate, isRootAtHome, type AuthorizationRequest, type Decision } from "../iam/evaluate.ts";
import { explainDecision } from "../iam/explain.ts";
import { ApiError } from "../kit/api-error.ts";
import { parseArn } from "../kit/arn.ts";
import type { Caller } from "../kit/caller.ts";
import type { ServiceModel } from "../protocol/schema.ts";
import type { Permission, RequestContext } from "../services/service.ts";
import type { AnyService } from "./any-service.ts";
import type { GatewayNeeds } from "./needs.ts";

/** What stands behind a caller: policies, and the tags that they may speak of. */
interface PrincipalPolicies extends Pick<AuthorizationRequest, "identityPolicies" | "permissionsBoundary" | "sessionPolicies"> {
  principalTags?: Readonly<Record<string, string>>;
}

type Needs = Pick<GatewayNeeds, "identities" | "ledger" | "wall" | "settings">;

interface Asked {
  model: ServiceModel;
  service: AnyService;
  operation: string;
  input: unknown;
  context: RequestContext;
}

/** Actions that a role's trust policy must agree to, within its account too. */
const ASKS_TRUST = new Set(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]);

/** S3 and the query services say AccessDenied, the JSON services AccessDeniedException, and SNS AuthorizationError. */
const deniedCode = (model: ServiceModel): string => (model.name === "sns" ? "AuthorizationErrorException" : model.protocols[0]!.startsWith("rest") ? (model.name === "s3" ? "AccessDenied" : "AccessDeniedException") : model.protocols[0] === "awsQuery" ? "AccessDenied" : "AccessDeniedException");

/**
 * S3 tells a caller of the bucket's own account why, with the ARN in quotes, and others nothing; SQS writes its actions in small letters, SNS its own name in large ones.
 * Source: "Access denied message examples", S3 user guide; answers of SQS and SNS.
 */
const deniedText = ({ model, context }: Asked, request: AuthorizationRequest, message: string): string => {
  if (model.name === "sqs") return message.replaceAll(request.action, request.action.toLowerCase());
  if (model.name === "sns") return message.replaceAll(request.action, request.action.replace(/^sns:/, "SNS:"));
  if (model.name !== "s3") return message;
  if (context.caller.account !== request.resourceAccount) return "Access Denied";
  return message.replace(` on resource: ${request.resource}`, request.resource === "*" ? "" : ` on resource: "${request.resource}"`);
};

const ownerOf = (permission: Permission, context: RequestContext): string => permission.account ?? (parseArn(permission.resource)?.account || context.account);

/**
 * Asks the policies for every permission of the call; the first that is refused ends it with AWS's AccessDenied.
 * Every refusal, and every door that a resource policy opened to a service, is written to the ledger with its reason.
 */
export const createAuthorize = ({ identities, ledger, wall, settings }: Needs) => {
  const identityOf = async (caller: Caller): Promise<PrincipalPolicies> => {
    if (caller.type !== "role-session" && caller.type !== "user") return { identityPolicies: [] };
    const found = caller.type === "user" ? await identities.user(caller.arn) : await identities.role(caller.roleArn);
    // Made again under the same name, it is another principal: sessions of the old one may nothing.
    const identity = found?.id === caller.userId.split(":")[0] ? found : undefined;
    const sessionTags = caller.type === "role-session" ? caller.tags : {};
    return {
      identityPolicies: identity?.policies ?? [],
      permissionsBoundary: identity?.permissionsBoundary,
      sessionPolicies: await sessionPoliciesOf(caller),
      principalTags: { ...identity?.tags, ...sessionTags },
    };
  };
  const sessionPoliciesOf = async (caller: Caller): Promise<NamedPolicy[] | undefined> => {
    if (caller.type !== "role-session" || (caller.sessionPolicies === undefined && caller.sessionPolicyArns === undefined)) return undefined;
    const inline = (caller.sessionPolicies ?? []).map((document): NamedPolicy => ({ name: "session policy", document: JSON.parse(document) as NamedPolicy["document"] }));
    const managed = await Promise.all((caller.sessionPolicyArns ?? []).map((arn) => identities.policy(caller.account, arn)));
    return [...inline, ...managed.flatMap((policy) => (policy === undefined ? [] : [{ ...policy, name: `session policy ${policy.name}` }]))];
  };

  const record = ({ context, service, operation, input }: Asked, request: AuthorizationRequest, decision: Decision, isEnforced: boolean) => {
    const explanation = explainDecision(request, decision);
    const { caller } = context;
    const who = caller.type === "role-session" ? [caller.roleArn] : caller.type === "user" ? [caller.arn] : [];
    const keys = [context.requestId, ...who, ...(service.ledgerKeys?.(operation, input, context) ?? [])];
    ledger.record({
      traceId: context.trace.id,
      kind: "decision",
      account: context.account,
      region: context.region,
      keys,
      summary: `${explanation.sentences[0]!}${decision.isAllowed ? `: ${explanation.sentences[1]!}` : isEnforced ? "" : " (let through: --iam soft)"}`,
      detail: { operation, caller: caller.arn, action: request.action, resource: request.resource, isEnforced, decision, explanation },
    });
    return explanation;
  };

  /** AccessDenied, or undefined when the caller may. */
  const refusalOf = async (asked: Asked, permission: Permission): Promise<ApiError | undefined> => {
    const { caller, region, source, isInternal, functionUrlAuthType } = asked.context;
    const resourcePolicy: NamedPolicy | undefined = await asked.service.resourcePolicy?.(permission, asked.context);
    if (isRootAtHome({ caller, resourceAccount: ownerOf(permission, asked.context), resourcePolicy, isResourcePolicyRequired: ASKS_TRUST.has(permission.action) })) return undefined;
    const { principalTags, ...identity } = await identityOf(caller);
    const resourceAccount = ownerOf(permission, asked.context);
    const facts: RequestFacts = {
      caller, region, nowMs: wall.now(), isSecure: false,
      ...(principalTags === undefined ? {} : { principalTags }),
      ...(isInternal && functionUrlAuthType === undefined ? {} : { sourceIp: source.ip, userAgent: source.userAgent }),
    };
    const request: AuthorizationRequest = {
      caller,
      action: permission.action,
      resource: permission.resource,
      resourceAccount,
      context: { ...requestContextKeys(facts), "aws:ResourceAccount": resourceAccount, ...permission.context },
      ...identity,
      resourcePolicy,
      isResourcePolicyRequired: ASKS_TRUST.has(permission.action),
    };
    const decision = evaluate(request);
    if (decision.isAllowed) {
      if (caller.type === "service") record(asked, request, decision, true);
      return undefined;
    }
    const { message } = record(asked, request, decision, settings.iam === "enforce");
    return settings.iam === "enforce" ? new ApiError(deniedCode(asked.model), deniedText(asked, request, message), { status: 403 }) : undefined;
  };

  return {
    async authorize(asked: Asked): Promise<void> {
      if (settings.iam === "off") return;
      const permissions = await asked.service.permissions[asked.operation]?.(asked.input, asked.context);
      for (const permission of permissions ?? [{ action: `${asked.model.iamPrefix}:${asked.operation}`, resource: "*" }]) {
        const refusal = await refusalOf(asked, permission);
        if (refusal !== undefined) throw refusal;
      }
    },
    /** For a permission that only a part of the call needs. */
    refusalOf: async (asked: Asked, permission: Permission): Promise<ApiError | undefined> => (settings.iam === "off" ? undefined : refusalOf(asked, permission)),
  };
};
