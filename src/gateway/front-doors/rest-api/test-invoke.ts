import type { TestInvokeMethodResponse } from "@aws-sdk/client-api-gateway";
import { apiArn, compileApi, type Serving } from "./compile.ts";
import type { RequestContext } from "../../../services/service.ts";
import type { Input, TestInvoke } from "../../../services/apigateway/needs.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { PatternError } from "../bounded-pattern.ts";
import { createApiRoles } from "../integrated-function.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { createCognitoAuthorizer } from "./authorizers/cognito.ts";
import { createLambdaAuthorizer } from "./authorizers/lambda-authorizer.ts";
import { createExecutionLog } from "./execution-log.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { newExchange } from "./new-exchange.ts";
import type { LogLine } from "./report/report.ts";
import { createServe } from "./serve.ts";

const STAGE = "test-invoke-stage";

interface Asked {
  pathWithQueryString?: string | undefined;
  body?: string | undefined;
  headers?: Record<string, string> | undefined;
  multiValueHeaders?: Record<string, string[]> | undefined;
}

const fieldsOf = ({ headers = {}, multiValueHeaders = {} }: Asked): [string, string][] => [
  ...Object.entries(headers).filter(([name]) => !Object.hasOwn(multiValueHeaders, name)),
  ...Object.entries(multiValueHeaders).flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
];

const requestOf = (asked: Asked, method: string, path: string, query: string, context: RequestContext): GatewayRequest => {
  const fields = fieldsOf(asked);
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) headers[name.toLowerCase()] = headers[name.toLowerCase()] === undefined ? value : `${headers[name.toLowerCase()]}, ${value}`;
  return {
    method, path, query, headers, rawHeaders: fields.flat(), host: "testPrefix.testDomainName", endpoint: context.endpoint, ip: "test-invoke-source-ip",
    body: (async function* () { yield Buffer.from(asked.body ?? ""); })(),
    departure: { signal: context.signal, get hasGone() { return context.signal.aborted; } },
  };
};

const split = (pathWithQuery: string): { path: string; query: string } => {
  const at = pathWithQuery.indexOf("?");
  return at < 0 ? { path: pathWithQuery, query: "" } : { path: pathWithQuery.slice(0, at), query: pathWithQuery.slice(at + 1) };
};

/** As Java writes a date, which AWS's log does. */
const dateText = (ms: number): string => {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${date} ${time} UTC ${year}`;
};

const logText = (requestId: string, lines: readonly LogLine[]): string => `Execution log for request ${requestId}\n${lines.map(({ timestamp, message }) => `${dateText(timestamp)} : ${message}\n`).join("")}`;

const gather = async (body: WireResponse["body"]): Promise<string> => {
  if (body === undefined || typeof body === "string") return body ?? "";
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
};

/** Spelled as AWS spells those that the gateway sets itself. */
const SPELLED: Record<string, string> = { "content-type": "Content-Type", "x-amzn-trace-id": "X-Amzn-Trace-Id", "x-amzn-errortype": "x-amzn-ErrorType" };
const NOT_TOLD: ReadonlySet<string> = new Set(["x-amzn-requestid", "x-amz-apigw-id"]);

const headersOf = ({ headers }: WireResponse): Pick<TestInvokeMethodResponse, "headers" | "multiValueHeaders"> => {
  const told = Object.entries(headers).filter(([name]) => !NOT_TOLD.has(name)).map(([name, value]) => [SPELLED[name] ?? name, [value].flat()] as const);
  return { headers: Object.fromEntries(told.map(([name, values]) => [name, values.at(-1)!])), multiValueHeaders: Object.fromEntries(told) };
};

/** TestInvokeMethod and TestInvokeAuthorizer: the API as it is, asked by its owner, who passes no authorizer, key or throttle. */
export const createTestInvoke = (needs: FrontDoorNeeds): TestInvoke => {
  const { answer } = createServe(needs);
  const withRoles = { ...needs, roles: createApiRoles(needs) };
  const askFunction = createLambdaAuthorizer(withRoles);
  const askCognito = createCognitoAuthorizer(needs);

  const servingOf = ({ api, snapshot }: Parameters<TestInvoke["method"]>[0] | Parameters<TestInvoke["authorizer"]>[0], stageVariables: Record<string, string> = {}): Serving => ({
    compiled: compileApi(api.apiId, api, snapshot), stage: STAGE, deploymentId: "", variables: stageVariables, methodSettings: {}, authorizersCache: 0, isCanary: false, isTest: true,
  });
  const domain = { domainName: "testPrefix.testDomainName" };

  const authorized = async (tested: Parameters<TestInvoke["authorizer"]>[0], exchange: Exchange) => {
    if (tested.authorizer.type === "COGNITO_USER_POOLS") {
      const { claims = {} } = await askCognito(tested.authorizer, exchange);
      return { clientStatus: 200, claims };
    }
    const { principalId, policy, context } = await askFunction({ ...tested.authorizer, authorizerResultTtlInSeconds: 0 }, exchange);
    // What the policy allows depends on the method, and none is named: it is for the asker to read.
    return { clientStatus: 200, principalId, policy: JSON.stringify(policy), authorization: Object.fromEntries(Object.entries(context).map(([name, value]) => [name, [value]])) };
  };

  return {
    async method(tested, input: Input<"TestInvokeMethod">, context) {
      const { path, query } = split(input.pathWithQueryString ?? tested.resource.path);
      const verb = input.httpMethod!;
      const request = requestOf(input, verb === "ANY" ? "GET" : verb, path, query, context);
      const from = needs.clock.monotonic();
      const serving = servingOf(tested, input.stageVariables);
      const { exchange, response, lines } = await answer({ serving, request, path, eventPath: path, fullPath: path, ...domain }, (made) => {
        Object.assign(made, { resource: tested.resource, method: tested.resource.resourceMethods[verb] ?? tested.resource.resourceMethods["ANY"]!, pathParameters: parametersOf(tested.resource.path, path) });
        Object.assign(made.identity, {
          apiKey: "test-invoke-api-key", apiKeyId: "test-invoke-api-key-id", accountId: context.account, caller: context.caller.userId, user: context.caller.userId, userArn: context.caller.arn,
          accessKey: "accessKeyId" in context.caller ? (context.caller.accessKeyId ?? null) : null, sourceIp: "test-invoke-source-ip", userAgent: context.source.userAgent,
        });
        made.caller = context.caller;
      });
      const body = await gather(response.body);
      return { status: response.status, body, ...headersOf(response), log: logText(exchange.requestId, lines), latency: Math.round(needs.clock.monotonic() - from) };
    },

    async authorizer(tested, input: Input<"TestInvokeAuthorizer">, context) {
      const { path, query } = split(input.pathWithQueryString ?? "/");
      const { lines, log } = createExecutionLog(true, needs.clock.now);
      const exchange = newExchange(needs, { serving: servingOf(tested, input.stageVariables), request: requestOf(input, "GET", path, query, context), path, eventPath: path, fullPath: path, log, ...domain });
      exchange.body = Buffer.from(input.body ?? "");
      const from = needs.clock.monotonic();
      log(() => `Starting authorizer: ${tested.authorizer.id} for request: ${exchange.requestId}`);
      const told = await authorized(tested, exchange).catch((error: unknown) => {
        const failure = error instanceof PatternError ? misconfigured(error.message) : error;
        if (!(failure instanceof GatewayFailure)) throw error;
        log(() => failure.message);
        return { clientStatus: failure.status };
      });
      log(() => `Authorizer of ${apiArn(exchange.serving.compiled)} completed with status: ${told.clientStatus}`);
      return { ...told, log: logText(exchange.requestId, lines), latency: Math.round(needs.clock.monotonic() - from) };
    },
  };
};

/** What the resource's path has named, of the path that was given. */
const parametersOf = (resourcePath: string, path: string): Record<string, string> => {
  const given = path.split("/");
  const parameters: Record<string, string> = {};
  for (const [index, part] of resourcePath.split("/").entries()) {
    const [, name, plus] = /^\{(.+?)(\+?)\}$/.exec(part) ?? [];
    if (name !== undefined && given[index] !== undefined) parameters[name] = plus === "+" ? given.slice(index).join("/") : given[index]!;
  }
  return parameters;
};
