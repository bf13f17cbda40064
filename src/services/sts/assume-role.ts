import { tagKeys } from "../../iam/tag-keys.ts";
import type { AssumeRoleRequest } from "@aws-sdk/client-sts";
import { parsePolicy } from "../../iam/policy.ts";
import { assumedRoleArn, issueSession, type RoleSessionClaims } from "../../iam/session.ts";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Caller } from "../../kit/caller.ts";
import { CHAINED_SESSION_SECONDS_MAX, SESSION_PACKED_BYTES_MAX, SESSION_POLICY_ARNS_MAX, SESSION_SECONDS_DEFAULT, SESSION_SECONDS_MAX } from "../../kit/limits/iam.ts";
import type { Permission, RequestContext } from "../service.ts";
import type { StsHandlers, StsNeeds } from "./service.ts";

/** What a caller hands on into the session that it makes. */
type Input = Pick<AssumeRoleRequest, "RoleArn" | "RoleSessionName" | "Policy" | "PolicyArns" | "Tags" | "TransitiveTagKeys" | "SourceIdentity" | "ExternalId" | "DurationSeconds">;

const invalid = (message: string) => new ApiError("InvalidParameterValue", message, { status: 400 });
const refuse = (message: string) => new ApiError("ValidationError", message, { status: 400 });

const tagsOf = ({ Tags = [] }: Input): Record<string, string> => Object.fromEntries(Tags.map(({ Key, Value }) => [Key!, Value!]));

const keysOf = (tags: Readonly<Record<string, string>>): Set<string> => new Set(Object.keys(tags).map((key) => key.toLowerCase()));

/** Tags that the calling session hands on to every session that it makes. */
const inheritedTags = (caller: Caller): Record<string, string> => {
  if (caller.type !== "role-session") return {};
  const transitive = new Set((caller.transitiveTagKeys ?? []).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(caller.tags ?? {}).filter(([key]) => transitive.has(key.toLowerCase())));
};

const sourceIdentityOf = ({ SourceIdentity }: Input, caller: Caller): string | undefined => (caller.type === "role-session" ? caller.sourceIdentity : undefined) ?? SourceIdentity;

/** AssumeRole, and beside it what setting tags and an identity asks for: each is asked of the role's trust policy too. */
export const assumeRolePermissions = (input: Input, { caller }: RequestContext): Permission[] => {
  const resource = input.RoleArn!;
  const tags = tagsOf(input);
  const isTagged = Object.keys(tags).length > 0;
  const identity = sourceIdentityOf(input, caller);
  const context = {
    "sts:RoleSessionName": input.RoleSessionName!,
    ...(input.ExternalId === undefined ? {} : { "sts:ExternalId": input.ExternalId }),
    ...(identity === undefined ? {} : { "sts:SourceIdentity": identity }),
    ...(isTagged ? { "aws:TagKeys": Object.keys(tags) } : {}),
    ...tagKeys("RequestTag", tags),
    ...(input.TransitiveTagKeys === undefined || input.TransitiveTagKeys.length === 0 ? {} : { "sts:TransitiveTagKeys": input.TransitiveTagKeys }),
  };
  return [
    { action: "sts:AssumeRole", resource, context },
    ...(isTagged ? [{ action: "sts:TagSession", resource, context }] : []),
    ...(identity === undefined ? [] : [{ action: "sts:SetSourceIdentity", resource, context }]),
  ];
};

const sessionTags = (input: Input, caller: Caller): Pick<RoleSessionClaims, "tags" | "transitiveTagKeys"> => {
  const own = tagsOf(input);
  const transitive = input.TransitiveTagKeys ?? [];
  const inherited = inheritedTags(caller);
  if (keysOf(own).size < (input.Tags ?? []).length) throw invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if ([...keysOf(own)].some((key) => key.startsWith("aws:"))) throw invalid("Tag keys that start with aws: are reserved.");
  const conflicting = keysOf(inherited);
  if ([...keysOf(own)].some((key) => conflicting.has(key))) throw invalid("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.");
  const known = keysOf(own);
  if (transitive.some((key) => !known.has(key.toLowerCase()))) throw invalid("The specified transitive tag key must be included in the requested tags.");
  const [tags, transitiveTagKeys] = [{ ...inherited, ...own }, [...Object.keys(inherited), ...transitive]];
  return { ...(Object.keys(tags).length === 0 ? {} : { tags }), ...(transitiveTagKeys.length === 0 ? {} : { transitiveTagKeys }) };
};

const checkDuration = (asked: number | undefined, most: number, caller: Caller): number => {
  // Lambda keeps the credentials of its environments for up to twelve hours, whatever the role says.
  const limit = caller.type === "service" ? SESSION_SECONDS_MAX : most;
  const seconds = asked ?? Math.min(SESSION_SECONDS_DEFAULT, most);
  if (caller.type === "role-session" && seconds > CHAINED_SESSION_SECONDS_MAX) throw refuse("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  if (seconds > limit) throw refuse("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  return seconds;
};

/** How much of the room for policies and tags is used, in percent; undefined when neither is given. */
const packedSize = ({ Policy, PolicyArns = [], Tags = [] }: Input): number | undefined => {
  if (Policy === undefined && PolicyArns.length === 0 && Tags.length === 0) return undefined;
  const texts = [Policy?.replace(/\s/g, "") ?? "", ...PolicyArns.map(({ arn }) => arn ?? ""), ...Tags.flatMap(({ Key, Value }) => [Key ?? "", Value ?? ""])];
  const percent = Math.ceil((Buffer.byteLength(texts.join("")) / SESSION_PACKED_BYTES_MAX) * 100);
  if (percent > 100) throw new ApiError("PackedPolicyTooLargeException", `Packed size of session tags and policy consumes ${percent}% of allotted space.`, { status: 400 });
  return percent;
};

export const assumeRoleHandlers = ({ identities, wall, random, sessionKey }: StsNeeds) => {
  const sessionPolicies = async ({ Policy, PolicyArns = [] }: Input, account: string): Promise<Pick<RoleSessionClaims, "sessionPolicies" | "sessionPolicyArns">> => {
    if (Policy !== undefined) parsePolicy(Policy);
    if (PolicyArns.length > SESSION_POLICY_ARNS_MAX) throw refuse(`At most ${SESSION_POLICY_ARNS_MAX} PolicyArns may be given to a session, not ${PolicyArns.length}.`);
    const arns = PolicyArns.map(({ arn }) => arn ?? "");
    for (const arn of arns) if ((await identities.policy(account, arn)) === undefined) throw refuse(`Policy ${arn} does not exist or is not attachable.`);
    return { ...(Policy === undefined ? {} : { sessionPolicies: [Policy] }), ...(arns.length === 0 ? {} : { sessionPolicyArns: arns }) };
  };

  return {
    async AssumeRole(input, { caller }) {
      const denied = (action: string) => new ApiError("AccessDenied", `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${input.RoleArn}`, { status: 403 });
      const role = await identities.role(input.RoleArn!);
      if (role === undefined) throw denied("sts:AssumeRole");
      const account = parseArn(role.arn)!.account;
      const sourceIdentity = sourceIdentityOf(input, caller);
      // Once set, it stays for the whole chain of sessions.
      if (input.SourceIdentity !== undefined && sourceIdentity !== input.SourceIdentity) throw denied("sts:SetSourceIdentity");
      const packed = packedSize(input);
      // STS tells whole seconds.
      const issuedAt = Math.floor(wall.now() / 1_000) * 1_000;
      const expiresAt = issuedAt + checkDuration(input.DurationSeconds, role.maxSessionDurationSeconds, caller) * 1_000;
      const claims: RoleSessionClaims = {
        type: "role", account, roleArn: role.arn, roleId: role.id, sessionName: input.RoleSessionName!, issuedAt, expiresAt,
        ...(await sessionPolicies(input, account)),
        ...sessionTags(input, caller),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      };
      const { accessKeyId, secretAccessKey, sessionToken } = issueSession({ key: sessionKey, random }, claims);
      return {
        Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: new Date(expiresAt) },
        AssumedRoleUser: { AssumedRoleId: `${role.id}:${input.RoleSessionName}`, Arn: assumedRoleArn(claims) },
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },
  } satisfies StsHandlers;
};
