import { apiRequestId, newTrace } from "../../../kit/ids.ts";
import { HTTP_API_HEADER_BYTES_MAX } from "../../../kit/limits/apis.ts";
import { parseTraceHeader } from "../../../kit/trace-header.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import type { ApiDoor, ApiRequest } from "../apis.ts";
import { isPreflight } from "../cors.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { createServedApis, type ServedApi } from "../served-apis.ts";
import { createStageThrottle } from "../stage-throttle.ts";
import { createAuthorizers } from "./authorizers/authorize.ts";
import { preflightAnswer, withCors } from "./cors.ts";
import { createIntegrate } from "./integrations/integrate.ts";
import { createInvokeFunction } from "./invoke-function.ts";
import { createPassageBody } from "./passage-body.ts";
import type { Passage, Routed } from "./passage.ts";
import { createReport } from "./report.ts";
import { Refused, refuse } from "./refusals.ts";
import { decodePath } from "./route-tree.ts";
import { compileStage, type ServedStage } from "./stage.ts";

const DEFAULT_STAGE = "$default";

interface Entry {
  served: ServedStage;
  /** Below the stage, percent-encoding kept. */
  path: string;
  basePath?: string;
}

/** Which stage it is, and the path below it: by the domain's mapping, by the first segment, or `$default`. */
const entryOf = async (api: ServedApi<ServedStage>, { path, mapping }: ApiRequest): Promise<Entry | undefined> => {
  if (mapping !== undefined) {
    const served = await api.stage(mapping.stage);
    const below = mapping.basePath === "" ? path : path.slice(mapping.basePath.length + 1);
    return served && { served, path: below === "" ? "/" : below, basePath: mapping.basePath };
  }
  const [, first = "", rest = ""] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  const name = decodePath(first);
  const isNamed = name !== DEFAULT_STAGE && api.stageNames.has(name);
  const served = await api.stage(isNamed ? name : DEFAULT_STAGE);
  return served && { served, path: isNamed ? rest || "/" : path };
};

/** With a custom domain the stage stands in front, too, and the base path does not. */
const rawPathOf = ({ served: { stage }, path }: Entry, asked: string, isMapped: boolean): string =>
  decodePath(!isMapped || stage.StageName === DEFAULT_STAGE ? (isMapped ? path : asked) : `/${stage.StageName}${path}`);

const hasLargeHeader = ({ rawHeaders }: GatewayRequest): boolean => rawHeaders.some((text, index) => index % 2 === 1 && text.length + rawHeaders[index - 1]!.length > HTTP_API_HEADER_BYTES_MAX);

/** HTTP APIs: stage → CORS → route → throttle → authorizer → integration → answer. */
export const createHttpApis = (needs: FrontDoorNeeds): ApiDoor => {
  const { clock, wall, random, log } = needs;
  const findApi = createServedApis({ store: needs.store, kind: "HTTP", compile: compileStage });
  const invoke = createInvokeFunction(needs);
  const authorize = createAuthorizers(needs, invoke);
  const integrate = createIntegrate(needs, invoke);
  const mayPass = createStageThrottle(clock);
  const report = createReport(needs);

  const passageOf = (entry: Entry, { request, path, domainName, mapping }: ApiRequest, requestId: string): Passage => ({
    request, served: entry.served, path: entry.path, rawPath: rawPathOf(entry, path, mapping !== undefined), askedPath: decodePath(path), domainName, requestId,
    ...(entry.basePath === undefined || entry.basePath === "" ? {} : { basePath: entry.basePath }),
    trace: parseTraceHeader(request.headers["x-amzn-trace-id"]) ?? newTrace(random, clock.now()),
    now: clock.now(), beganAt: wall.monotonic(), findings: {}, pathParameters: {}, authorization: {}, ...createPassageBody(request),
  });

  const pass = async (passage: Passage): Promise<WireResponse> => {
    const { request, served: { tree }, findings } = passage;
    if (hasLargeHeader(request)) throw new Refused("headersTooLarge", `one of its headers has more than ${HTTP_API_HEADER_BYTES_MAX} bytes`);
    const found = tree.find(request.method, passage.path);
    if (found === undefined) throw new Refused("notFound", "no route is for this method and path");
    const routed: Routed = Object.assign(passage, found);
    if (!mayPass(routed.served, routed.route.RouteKey)) throw new Refused("tooMany", "the stage, the route or the account has had as many requests as its throttle lets through");
    await authorize(routed);
    const began = wall.monotonic();
    try {
      return await integrate(routed);
    } finally {
      findings.integrationLatencyMs = Math.round(wall.monotonic() - began);
    }
  };

  /** Whatever happens, the client gets the API's own answer, and nothing of why. */
  const answer = async (passage: Passage): Promise<WireResponse> => {
    try {
      return await pass(passage);
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused("failed", error instanceof Error ? error.message : String(error));
      if (refused !== error && !passage.request.departure.hasGone) log.error("a request to an HTTP API failed inside lambdad", { requestId: passage.requestId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      if (refused.kind === "failed" || refused.kind === "unavailable") passage.findings.integrationError ??= refused.message;
      report.refused(passage, refused);
      return refuse(refused.kind, passage.findings, refused.headers);
    }
  };

  const serve = async (asked: ApiRequest, requestId: string): Promise<WireResponse> => {
    const api = await findApi(asked.api.apiId);
    if (api === undefined) return refuse("notFound");
    if (asked.mapping === undefined && api.record.body.DisableExecuteApiEndpoint === true) return refuse("forbidden");
    const entry = await entryOf(api, asked);
    if (entry === undefined) return refuse("notFound");
    const cors = entry.served.api.body.CorsConfiguration;
    const { headers, method } = asked.request;
    if (cors !== undefined && isPreflight(method, headers)) return preflightAnswer(cors, headers);
    const passage = passageOf(entry, asked, requestId);
    const response = await answer(passage);
    return report.answered(passage, cors === undefined ? response : withCors(response, cors, headers));
  };

  return async (asked) => {
    const requestId = apiRequestId(random);
    const response = await serve(asked, requestId);
    response.headers["apigw-requestid"] = requestId;
    return response;
  };
};
