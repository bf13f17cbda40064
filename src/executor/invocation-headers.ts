import type { Invocation } from "./executor.ts";
import { traceHeader } from "./tracing.ts";

/** JSON that fits into a header: what is not ASCII is escaped. */
const ascii = (json: string): string => json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** What a runtime client of ours gets with an event, in the order of the channel's frame; empty where there is none. */
export const invocationFields = (invocation: Invocation, deadlineMs: number): string[] => [
  invocation.requestId,
  String(deadlineMs),
  invocation.invokedFunctionArn,
  traceHeader(invocation),
  ascii(invocation.clientContext ?? ""),
  ascii(invocation.cognitoIdentity ?? ""),
  invocation.tenantId ?? "",
];

/** What the runtime gets with an event, written as AWS writes it: shell scripts look for the very letters. */
export const invocationHeaders = (invocation: Invocation, deadlineMs: number): Record<string, string> => ({
  "Content-Type": "application/json",
  "Content-Length": String(invocation.payload.length),
  "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
  "Lambda-Runtime-Deadline-Ms": String(deadlineMs),
  "Lambda-Runtime-Invoked-Function-Arn": invocation.invokedFunctionArn,
  "Lambda-Runtime-Trace-Id": traceHeader(invocation),
  ...(invocation.clientContext === undefined ? {} : { "Lambda-Runtime-Client-Context": ascii(invocation.clientContext) }),
  ...(invocation.cognitoIdentity === undefined ? {} : { "Lambda-Runtime-Cognito-Identity": ascii(invocation.cognitoIdentity) }),
  ...(invocation.tenantId === undefined ? {} : { "Lambda-Runtime-Aws-Tenant-Id": invocation.tenantId }),
});
