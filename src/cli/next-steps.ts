import type { LedgerEntry } from "../kit/ledger.ts";

type Step = (name: string) => string[];

const THROTTLED: Record<string, Step> = {
  ReservedFunctionConcurrentInvocationLimitExceeded: (name) => [
    "its reserved concurrency is in use, or 0",
    `see it: aws lambda get-function-concurrency --function-name ${name}`,
    `raise it: aws lambda put-function-concurrency --function-name ${name} --reserved-concurrent-executions 10`,
    `share the account's again: aws lambda delete-function-concurrency --function-name ${name}`,
  ],
  ConcurrentInvocationLimitExceeded: () => ["all that the account has and no function has set aside is in use", "see it: aws lambda get-account-settings", "wait, as SDKs do by themselves, or invoke with less at once"],
  ReservedFunctionInvocationRateLimitExceeded: (name) => ["it is invoked more than ten times a second for each environment that it has reserved", `reserve more: aws lambda put-function-concurrency --function-name ${name} --reserved-concurrent-executions 10`],
  FunctionInvocationRateLimitExceeded: () => ["it is invoked more than ten times a second for each environment that the account may have", "wait, as SDKs do by themselves, or invoke less often"],
};

const BY_CODE: Record<string, Step> = {
  CodeVerificationFailedException: (name) => [
    "its code signing configuration says Enforce, and no package is signed here: AWS Signer is not built",
    `see which: aws lambda get-function-code-signing-config --function-name ${name}`,
    "let it warn instead: aws lambda update-code-signing-config --code-signing-policies UntrustedArtifactOnDeployment=Warn --code-signing-config-arn …",
    `or take it away: aws lambda delete-function-code-signing-config --function-name ${name}`,
  ],
};

const provisionedFailed: Step = (name) => [`its log says why: lambdad logs ${name}`, `how far it is: aws lambda list-provisioned-concurrency-configs --function-name ${name}`];

/** What AWS's words for a refused request leave open: why it is so here, and what changes it. */
export const nextSteps = ({ kind, keys, detail }: LedgerEntry): string[] => {
  const { code, members, provisioned } = detail as { code?: string; members?: { Reason?: string }; provisioned?: string };
  if (kind !== "request" && provisioned === undefined) return [];
  const step = provisioned !== undefined ? provisionedFailed : code === "TooManyRequestsException" ? THROTTLED[members?.Reason ?? ""] : BY_CODE[code ?? ""];
  const [, name] = /:function:([^:]+)/.exec(keys.find((key) => key.includes(":function:")) ?? "") ?? [];
  return step === undefined || name === undefined ? [] : step(name);
};
