import type { Caller } from "../kit/caller.ts";

export interface RequestFacts {
  caller: Caller;
  region: string;
  /** Wall clock, milliseconds. */
  nowMs: number;
  sourceIp?: string;
  userAgent?: string;
  isSecure: boolean;
  /** Of the role or the user, under those of the session. */
  principalTags?: Readonly<Record<string, string>>;
}

type Keys = Record<string, string | readonly string[]>;

const PRINCIPAL_TYPES = { root: "Account", user: "User", "role-session": "AssumedRole" } as const;

const keysOfCaller = (caller: Caller): Keys => {
  switch (caller.type) {
    case "anonymous":
      return { "aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": "false" };
    case "service":
      return {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": caller.service,
        "aws:PrincipalServiceNamesList": [caller.service],
        ...(caller.sourceArn === undefined ? {} : { "aws:SourceArn": caller.sourceArn }),
        ...(caller.sourceAccount === undefined ? {} : { "aws:SourceAccount": caller.sourceAccount }),
      };
    default:
      return {
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalArn": caller.type === "role-session" ? caller.roleArn : caller.arn,
        "aws:PrincipalType": PRINCIPAL_TYPES[caller.type],
        "aws:userid": caller.userId,
        // There is no second factor here; with a long-lived key AWS has no such key at all.
        ...(caller.expiresAt === undefined ? {} : { "aws:MultiFactorAuthPresent": "false" }),
        ...(caller.issuedAt === undefined ? {} : { "aws:TokenIssueTime": new Date(caller.issuedAt).toISOString() }),
        ...(caller.type === "user" ? { "aws:username": caller.userName } : {}),
        ...(caller.type === "role-session" && caller.sourceIdentity !== undefined ? { "aws:SourceIdentity": caller.sourceIdentity } : {}),
      };
  }
};

/** The global condition keys of a request. Source: "AWS global condition context keys". */
export const requestContextKeys = ({ caller, region, nowMs, sourceIp, userAgent, isSecure, principalTags = {} }: RequestFacts): Keys => ({
  ...keysOfCaller(caller),
  ...Object.fromEntries(Object.entries(principalTags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  "aws:RequestedRegion": region,
  "aws:CurrentTime": new Date(nowMs).toISOString(),
  "aws:EpochTime": String(Math.floor(nowMs / 1000)),
  "aws:SecureTransport": String(isSecure),
  "aws:ViaAWSService": "false",
  ...(sourceIp === undefined ? {} : { "aws:SourceIp": sourceIp }),
  ...(userAgent === undefined ? {} : { "aws:UserAgent": userAgent }),
});
