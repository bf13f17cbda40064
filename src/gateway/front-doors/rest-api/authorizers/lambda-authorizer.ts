import type { Authorizer } from "@aws-sdk/client-api-gateway";
import { isApiError } from "../../../../kit/api-error.ts";
import { AUTHORIZER_MS_MAX } from "../../../../kit/limits/apis.ts";
import { createApiCallers, functionOfUri, type ApiRoles } from "../../integrated-function.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import { matchesWhole } from "../../bounded-pattern.ts";
import { apiArn } from "../compile.ts";
import { requestContext } from "../context-variables.ts";
import { withinDeadline } from "../deadline.ts";
import { methodArn, type Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { readSource } from "../mapping.ts";
import { readAuthorizerAnswer, type AuthorizerAnswer } from "./authorizer-answer.ts";

const KEPT_MAX = 10_000;
const TTL_SECONDS = 300;

type Needs = Pick<FrontDoorNeeds, "call" | "clock" | "wall"> & { roles: ApiRoles };

const unauthorized = (reason: string): GatewayFailure => new GatewayFailure("UNAUTHORIZED", { reason });

/** The last of them, where a header came more than once. */
const single = (value: string | readonly string[] | undefined): string | undefined => (typeof value === "string" ? value : value?.at(-1));

/** What the caller identifies itself with; 401 when there is nothing of one of them. */
export const identityOf = ({ type, identitySource, identityValidationExpression }: Authorizer, exchange: Exchange): string[] => {
  const sources = (identitySource ?? (type === "TOKEN" ? "method.request.header.Authorization" : "")).split(",").map((one) => one.trim()).filter((one) => one !== "");
  const values = sources.map((source) => single(readSource(source, exchange)) ?? "");
  const missing = sources[values.indexOf("")];
  if (missing !== undefined) throw unauthorized(`Unauthorized: nothing came of the identity source ${missing}`);
  if (type === "TOKEN" && identityValidationExpression !== undefined && identityValidationExpression !== "" && !matchesWhole(identityValidationExpression, values[0]!)) throw unauthorized("Unauthorized: the token does not fit the validation expression");
  return values;
};

/** The event of a TOKEN and of a REQUEST authorizer. Source: "Input to an API Gateway Lambda authorizer". */
export const authorizerEvent = ({ type }: Authorizer, exchange: Exchange, identity: readonly string[]): Record<string, unknown> => {
  const arn = methodArn(exchange);
  if (type === "TOKEN") return { type, methodArn: arn, authorizationToken: identity[0] };
  return {
    type,
    methodArn: arn,
    resource: exchange.resource?.path,
    path: exchange.eventPath,
    httpMethod: exchange.request.method,
    headers: exchange.headers.single ?? {},
    multiValueHeaders: exchange.headers.multi ?? {},
    queryStringParameters: exchange.query.single ?? {},
    multiValueQueryStringParameters: exchange.query.multi ?? {},
    pathParameters: exchange.pathParameters,
    stageVariables: exchange.serving.variables,
    requestContext: requestContext(exchange, { isOfAuthorizer: true }),
  };
};

const errorMessage = (payload: Buffer): string => {
  try {
    return String((JSON.parse(payload.toString("utf8")) as { errorMessage?: unknown }).errorMessage);
  } catch {
    return "";
  }
};

/** A function that answers who the caller is and what they may. Answers are kept by what the caller identified itself with; the policy decides on each method anew. */
export const createLambdaAuthorizer = (needs: Needs) => {
  const { call, clock, wall } = needs;
  const callerOf = createApiCallers(needs);
  const kept = new Map<string, { answer: AuthorizerAnswer; until: number }>();

  const ask = async (authorizer: Authorizer, exchange: Exchange, identity: readonly string[]): Promise<AuthorizerAnswer> => {
    const failed = (reason: string) => new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `Execution failed due to configuration error: Authorizer error: ${reason}` });
    const invoked = async () => {
      const { compiled, variables } = exchange.serving;
      const target = functionOfUri(authorizer.authorizerUri ?? "", variables);
      if (target === undefined) throw failed(`${authorizer.authorizerUri} names no function`);
      const as = await callerOf(compiled, authorizer.authorizerCredentials || undefined, `${apiArn(compiled)}/authorizers/${authorizer.id}`);
      const payload = Buffer.from(JSON.stringify(authorizerEvent(authorizer, exchange, identity)));
      const { account, region } = target;
      return call("lambda", "Invoke", { FunctionName: target.arn, Payload: payload }, { as, account, region, trace: exchange.trace });
    };
    const { Payload, FunctionError } = await withinDeadline(invoked(), AUTHORIZER_MS_MAX, wall).catch((error: unknown) => {
      throw isApiError(error) || error instanceof GatewayFailure ? failed(error.message) : error;
    });
    const answer = Buffer.from(Payload ?? "");
    if (FunctionError === undefined) return readAuthorizerAnswer(answer);
    const message = errorMessage(answer);
    throw message === "Unauthorized" ? unauthorized("Unauthorized: the authorizer says so") : new GatewayFailure("AUTHORIZER_FAILURE", { reason: `Execution failed due to an authorizer error: ${message}` });
  };

  return async (authorizer: Authorizer, exchange: Exchange): Promise<AuthorizerAnswer> => {
    const identity = identityOf(authorizer, exchange);
    const ttlMs = (authorizer.authorizerResultTtlInSeconds ?? TTL_SECONDS) * 1000;
    if (ttlMs === 0) return ask(authorizer, exchange, identity);
    const { serving } = exchange;
    const key = JSON.stringify([serving.compiled.apiId, serving.stage, serving.deploymentId, serving.authorizersCache, authorizer.id, ...identity]);
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.now()) return known.answer;
    kept.delete(key);
    const answer = await ask(authorizer, exchange, identity);
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(key, { answer, until: clock.now() + ttlMs });
    return answer;
  };
};

export type LambdaAuthorizer = ReturnType<typeof createLambdaAuthorizer>;
