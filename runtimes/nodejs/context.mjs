const parse = (text) => (text === undefined || text === "" ? undefined : JSON.parse(text));

/** The context object that a handler is given. `succeed`, `fail` and `done` are gone from nodejs24.x on. */
export const createContext = (invocation) => ({
  callbackWaitsForEmptyEventLoop: true,
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
  getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
});
