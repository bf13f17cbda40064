import { isModern } from "./generation.mjs";

const parse = (text) => (text === undefined || text === "" ? undefined : JSON.parse(text));

/** What the context object of a handler holds, but for the callbacks of nodejs22.x and older. */
export const createContext = (invocation) => ({
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  clientContext: parse(invocation.clientContext),
  identity: parse(invocation.cognitoIdentity),
  invokedFunctionArn: invocation.arn,
  awsRequestId: invocation.id,
  tenantId: invocation.tenantId,
  ...(isModern ? { xRayTraceId: invocation.traceId } : {}),
  getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
});
