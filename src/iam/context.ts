import type { Caller } from "../kit/caller.ts";

interface RequestFacts {
  caller: Caller;
  region: string;
  /** Wall clock, milliseconds. */
  nowMs: number;
  sourceIp?: string;
  userAgent?: string;
  isSecure: boolean;
}

type Keys = Record<string, string | readonly string[]>;

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
        "aws:PrincipalType": caller.type === "root" ? "Account" : "AssumedRole",
        "aws:userid": caller.userId,
      };
  }
};

/** The global condition keys of a request. Source: "AWS global condition context keys". */
export const requestContextKeys = ({ caller, region, nowMs, sourceIp, userAgent, isSecure }: RequestFacts): Keys => ({
  ...keysOfCaller(caller),
  "aws:RequestedRegion": region,
  "aws:CurrentTime": new Date(nowMs).toISOString(),
  "aws:EpochTime": String(Math.floor(nowMs / 1000)),
  "aws:SecureTransport": String(isSecure),
  "aws:ViaAWSService": "false",
  ...(sourceIp === undefined ? {} : { "aws:SourceIp": sourceIp }),
  ...(userAgent === undefined ? {} : { "aws:UserAgent": userAgent }),
});
