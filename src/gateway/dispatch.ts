import { ApiError, isApiError } from "../kit/api-error.ts";
import { newTrace, s3RequestId } from "../kit/ids.ts";
import { REQUEST_BODY_BYTES_MAX } from "../kit/limits/gateway.ts";
import { LAMBDA_REQUEST_BYTES_MAX } from "../kit/limits/lambda.ts";
import { S3_OBJECT_BYTES_MAX } from "../kit/limits/s3.ts";
import { readTraceHeader } from "../kit/trace-header.ts";
import { claim as claimOperation } from "../protocol/claim.ts";
import type { WireRequest, WireResponse } from "../protocol/http.ts";
import { loadServiceModel } from "../protocol/models.ts";
import { encode, encodeError } from "../protocol/respond.ts";
import type { Operation, ProtocolName, ServiceModel } from "../protocol/schema.ts";
import type { RequestContext } from "../services/service.ts";
import { familyOf } from "./auth-errors.ts";
import { createAuthenticate } from "./authenticate.ts";
import { createBody, type BodyLimits, type RequestBody } from "./body.ts";
import type { Departure } from "./departure.ts";
import { hoistedHeaders } from "./hoisted.ts";
import type { GatewayNeeds } from "./needs.ts";
import { createPerform } from "./perform.ts";
import { namedService, route } from "./route.ts";
import { isPresignedV2 } from "./sigv2.ts";
import { isPresigned } from "./sigv4.ts";

/** One HTTP request, framing taken off, nothing believed. */
export interface GatewayRequest {
  method: string;
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  /** Name, value, name, value … as they came: none joined, none left out. */
  rawHeaders: readonly string[];
  host: string;
  body: RequestBody;
  endpoint: string;
  ip: string;
  departure: Departure;
}

const BODY_BYTES: Record<string, { buffered: number; streamed: number }> = {
  lambda: { buffered: LAMBDA_REQUEST_BYTES_MAX, streamed: LAMBDA_REQUEST_BYTES_MAX },
  // Chunks and their signatures come on top of the object, whose own size S3 looks at.
  s3: { buffered: REQUEST_BODY_BYTES_MAX, streamed: 2 * S3_OBJECT_BYTES_MAX },
};
const DEFAULT_BYTES = { buffered: REQUEST_BODY_BYTES_MAX, streamed: REQUEST_BODY_BYTES_MAX };

/** How large the body may be, and what the service says of a larger one. The operation is known before the body is read. */
const bodyLimits = (failure: Failure): BodyLimits => ({
  ...(BODY_BYTES[failure.model?.name ?? ""] ?? DEFAULT_BYTES),
  refuse: (limit) =>
    failure.model?.name === "s3"
      ? new ApiError("MaxMessageLengthExceeded", "Your request was too large.", { status: 400, members: { MaxMessageLengthBytes: limit } })
      : new ApiError("RequestEntityTooLargeException", `Request must be smaller than ${limit} bytes${failure.operation === undefined ? "" : ` for the ${failure.operation.name} operation`}`, { status: 413 }),
});

/** Their resources may have policies that let anybody in, signed or not. */
const OPEN_SERVICES: ReadonlySet<string> = new Set(["s3", "sqs", "sns"]);

const FORM = "application/x-www-form-urlencoded";

/** route → authenticate → decode → validate → check → authorize → handle → encode */
export const createDispatch = (needs: GatewayNeeds) => {
  const authenticate = createAuthenticate({ ...needs, anyCredentials: needs.settings.anyCredentials });
  const perform = createPerform(needs);

  return async (request: GatewayRequest): Promise<WireResponse> => {
    const failure: Failure = { protocol: "restJson1", requestId: needs.random.uuid(), headers: {}, request };
    try {
      const isForm = request.headers["content-type"]?.startsWith(FORM) === true;
      const early = createBody(request.body, request.headers, bodyLimits(failure));
      const form = isForm && request.headers["authorization"] === undefined ? (await early.buffer()).toString("utf8") : "";
      const routed = route(request, form, needs.settings.defaultRegion);
      if (routed === undefined) throw noSuchService(namedService(request));
      const model = loadServiceModel(routed.service.name);
      Object.assign(failure, { model, protocol: likelyProtocol(model, request.headers) });
      if (model.name === "s3") failure.requestId = s3RequestId(needs.random);
      const body = early.isRead ? early : createBody(request.body, request.headers, bodyLimits(failure));
      const isHoisting = model.name === "s3" && (isPresigned(request.query) || isPresignedV2(request.query));
      const headers = isHoisting ? { ...hoistedHeaders(request.query), ...request.headers } : request.headers;
      const wire: WireRequest = { method: request.method, path: routed.path, query: request.query, headers, buffer: body.buffer, stream: body.stream };

      const claim = await claimOperation(model, wire);
      if (claim === undefined) throw unknownOperation(model, wire);
      Object.assign(failure, { operation: claim.operation, protocol: claim.protocol });
      const { caller, payload } = await authenticate(familyOf(model.name, claim.protocol), { ...request, buffer: body.buffer, region: routed.hostRegion, resource: routed.path, isOpen: OPEN_SERVICES.has(model.name) });
      body.expect(payload);
      const input = await claim.read();
      const context: Omit<RequestContext, "refusalOf"> = {
        caller,
        account: caller.account,
        region: routed.region,
        requestId: failure.requestId,
        trace: readTraceHeader(request.headers["x-amzn-trace-id"]) ?? newTrace(needs.random, needs.clock.now()),
        endpoint: request.endpoint,
        source: { ip: request.ip, userAgent: request.headers["user-agent"] ?? "" },
        get signal() { return request.departure.signal; },
        responseHeaders: failure.headers,
        trailers: body.trailers,
        isInternal: false,
        wire: { headers, buffer: body.buffer, isRegionNamed: routed.isRegionNamed },
      };
      const output = await perform(model, claim.operation, input, context);
      const response = encode(claim, (output ?? {}) as Record<string, unknown>, failure.requestId);
      Object.assign(response.headers, context.responseHeaders);
      if (context.responseStatus !== undefined) response.status = context.responseStatus;
      return response;
    } catch (error) {
      return refuse(needs, failure, error);
    }
  };
};

interface Failure {
  model?: ServiceModel;
  operation?: Operation;
  protocol: ProtocolName;
  requestId: string;
  /** What the handler had said beside its answer. */
  headers: Record<string, string>;
  request: GatewayRequest;
}

/** The caller's fault in AWS's shape; our own as an InternalFailure that tells the log everything and the wire nothing. */
const refuse = ({ log }: GatewayNeeds, { requestId, request, headers, ...where }: Failure, error: unknown): WireResponse => {
  if (isApiError(error)) {
    const response = encodeError(where, error, requestId, request);
    Object.assign(response.headers, headers);
    return response;
  }
  if (request.departure.hasGone) return { status: 499, headers: {} };
  log.error("a request failed inside lambdad", { requestId, operation: where.operation?.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return encodeError(where, new ApiError("InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", { status: 500 }), requestId, request);
};

/** Of a request that names no operation of the service: how it is to be told. */
const likelyProtocol = ({ protocols }: ServiceModel, headers: Readonly<Record<string, string>>): ProtocolName =>
  protocols.includes("awsQuery") && headers["x-amz-target"] === undefined && headers["smithy-protocol"] === undefined ? "awsQuery" : protocols[0]!;

const noSuchService = (name: string): ApiError => new ApiError("UnknownService", `lambdad has no service with the signing name "${name}". docs/coverage.md lists the services it has.`, { status: 501 });

const unknownOperation = (model: ServiceModel, wire: WireRequest): ApiError =>
  model.name === "s3"
    ? unknownS3Operation(wire)
    : likelyProtocol(model, wire.headers) === "awsQuery"
      ? new ApiError("InvalidAction", `Could not find operation for version ${model.apiVersion}`, { status: 400 })
      : new ApiError("UnknownOperationException", `${model.sdkId} has no such operation`, { status: 404 });

/** A POST to a bucket is a browser's upload with a form, which no SDK knows and no model has. */
const unknownS3Operation = ({ method, path, headers }: WireRequest): ApiError => {
  const type = path === "/" ? "SERVICE" : /^\/[^/]+\/?$/.test(path) ? "BUCKET" : "OBJECT";
  if (method === "POST" && type === "BUCKET") {
    return headers["content-type"]?.startsWith("multipart/form-data") === true
      ? new ApiError("NotImplemented", "S3 POST Object (uploads with a form) is not built in this version of lambdad: use a presigned PutObject", { status: 501 })
      : new ApiError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412, members: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" } });
  }
  return new ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", { status: 405, members: { Method: method, ResourceType: type } });
};
