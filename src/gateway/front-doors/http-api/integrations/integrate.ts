import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { once } from "../../../../kit/once.ts";
import type { WireResponse } from "../../../../protocol/http.ts";
import { keptBy } from "../../compiled-stage.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { Seen } from "../events.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { decodePath } from "../route-tree.ts";
import { compileRequestMapping, type RequestMapping } from "../mapping/request-mapping.ts";
import { compileResponseMappings, type ResponseMapping } from "../mapping/response-mapping.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { createLambdaIntegration } from "./lambda.ts";
import type { RunIntegration } from "./integration.ts";

const NOTHING = Buffer.alloc(0);

/** A body that a mapping looks into; only HTTP backends' are not there as a whole already. */
const gathered = async (response: WireResponse): Promise<WireResponse> => {
  const { body } = response;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return response;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { ...response, body: Buffer.concat(chunks) };
};

/** What a mapping says that cannot be honoured ends each request to it, by name. */
const compiled = <T>(make: () => T): T => {
  try {
    return make();
  } catch (error) {
    throw new Refused("failed", (error as Error).message);
  }
};

const requestMappingOf = ({ served }: Routed, { IntegrationId, RequestParameters }: Integration): RequestMapping | undefined =>
  RequestParameters === undefined || Object.keys(RequestParameters).length === 0
    ? undefined
    : keptBy(served, `request mapping ${IntegrationId}`, () => compiled(() => compileRequestMapping(RequestParameters)));

const responseMappingsOf = ({ served }: Routed, { IntegrationId, ResponseParameters }: Integration): ReadonlyMap<string, ResponseMapping> | undefined =>
  ResponseParameters === undefined || Object.keys(ResponseParameters).length === 0
    ? undefined
    : keptBy(served, `response mapping ${IntegrationId}`, () => compiled(() => compileResponseMappings(ResponseParameters)));

const seenBy = async (passage: Routed, integration: Integration): Promise<Seen> => {
  const mapping = requestMappingOf(passage, integration);
  // The format 1.0 tells the base path of a custom domain, 2.0 does not.
  const rawPath = integration.PayloadFormatVersion === "2.0" ? passage.rawPath : passage.askedPath;
  if (mapping === undefined) return { request: passage.request, rawPath };
  const { request, path } = mapping.map(passage, mapping.needsBody ? await passage.body() : NOTHING);
  return { request, rawPath: path === undefined ? rawPath : decodePath(path), ...(path === undefined ? {} : { mappedPath: path }) };
};

/** Has what stands behind the route answer, mapped on both ways. */
export const createIntegrate = (needs: FrontDoorNeeds, invoke: InvokeFunction) => {
  const lambda = createLambdaIntegration(invoke);
  const http = once(async () => (await import("./http-proxy.ts")).createHttpIntegration(needs));
  const service = once(async () => (await import("./service.ts")).createServiceIntegration(needs));

  const runnerOf = async ({ IntegrationType, IntegrationSubtype }: Integration): Promise<RunIntegration> => {
    if (IntegrationType === "AWS_PROXY") return IntegrationSubtype === undefined || IntegrationSubtype === "" ? lambda : service();
    if (IntegrationType === "HTTP_PROXY") return http();
    throw new Refused("failed", `HTTP APIs have no integration of the type ${IntegrationType}`);
  };

  return async (passage: Routed): Promise<WireResponse> => {
    const { integration, RouteKey } = passage.route;
    if (integration === undefined) throw new Refused("failed", `the route ${RouteKey} has no integration`);
    const run = await runnerOf(integration);
    // The parameters of a service's integration are the operation's input.
    const seen = run === lambda || integration.IntegrationType === "HTTP_PROXY" ? await seenBy(passage, integration) : { request: passage.request, rawPath: passage.rawPath };
    const response = await run(passage, integration, seen);
    const mapping = responseMappingsOf(passage, integration)?.get(String(response.status));
    return mapping === undefined ? response : mapping.map(passage, mapping.needsBody ? await gathered(response) : response);
  };
};
