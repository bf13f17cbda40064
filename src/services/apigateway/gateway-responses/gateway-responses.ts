import type { GatewayResponse } from "@aws-sdk/client-api-gateway";
import { findPart, savePart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, invalidExpression } from "../errors.ts";
import type { RestApiRecord, RestHandlers } from "../needs.ts";
import { pageOf } from "../pages.ts";
import { allParts, getApi, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { entry, member } from "../patch/rules.ts";
import { GATEWAY_RESPONSE_TYPES, standardResponse } from "./standard-responses.ts";

const rules: Rules<GatewayResponse> = {
  "/statusCode": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/responseParameters/{parameter_name}": entry(undefined, { missing: "Invalid parameter name specified" }),
  "/responseTemplates/{content_type}": entry(undefined, { missing: "Invalid template content type specified" }),
};

const NAME = /^gatewayresponse\.header\.[a-zA-Z0-9!#$%&'*+\-.^_`|~]+$/;
const SOURCE = /^('[^]*'|method\.request\.(path|querystring|header|multivaluequerystring|multivalueheader)\..+|context\..+|stageVariables\..+)$/;

export const checkGatewayResponse = (response: GatewayResponse): GatewayResponse => {
  const { statusCode, responseParameters = {} } = response;
  if (statusCode !== undefined && !/^[1-5]\d\d$/.test(statusCode)) throw badRequest(`Invalid status code specified: ${statusCode}`);
  const wrong = [
    ...Object.keys(responseParameters).filter((name) => !NAME.test(name)).map((name) => `Invalid mapping expression parameter specified: ${name}`),
    ...Object.values(responseParameters).filter((source) => !SOURCE.test(source)).map((source) => `Invalid mapping expression specified: ${source}`),
  ];
  if (wrong.length > 0) throw invalidExpression(...wrong);
  return response;
};

function* findResponse({ apiId }: RestApiRecord, responseType: GatewayResponse["responseType"]): Operation<GatewayResponse> {
  return (yield* findPart<GatewayResponse>(apiId, "gateway-response", responseType!)) ?? standardResponse(responseType!);
}

export const gatewayResponseFrom = ({ responseType, statusCode, responseParameters = {}, responseTemplates = {} }: GatewayResponse): GatewayResponse =>
  checkGatewayResponse({
    responseType,
    ...(statusCode === undefined ? (({ statusCode }) => (statusCode === undefined ? {} : { statusCode }))(standardResponse(responseType!)) : { statusCode }),
    responseParameters,
    responseTemplates: Object.keys(responseTemplates).length === 0 ? standardResponse(responseType!).responseTemplates : responseTemplates,
    defaultResponse: false,
  });

export const gatewayResponseHandlers = ({ store, parts }: ServiceParts) =>
  ({
    PutGatewayResponse: ({ restApiId, ...input }, context) => parts.create("gateway-response", context, { restApiId }, input.responseType!, function* () { return gatewayResponseFrom(input); }),

    GetGatewayResponse: (input, context) => store.run(function* () { return yield* findResponse(yield* getApi(context, input), input.responseType); }),

    async GetGatewayResponses(input, context) {
      const changed = await store.run(function* () { return yield* allParts(yield* getApi(context, input), "gateway-response"); });
      const all = GATEWAY_RESPONSE_TYPES.map((type) => changed.find(({ responseType }) => responseType === type) ?? standardResponse(type));
      return pageOf(all, { ...input, limit: input.limit ?? all.length }, ({ responseType }) => responseType!, (response) => response);
    },

    UpdateGatewayResponse: (input, context) =>
      store.run(function* () {
        const api = yield* getApi(context, input);
        const response = checkGatewayResponse({ ...applyPatches(yield* findResponse(api, input.responseType), rules, input.patchOperations), defaultResponse: false });
        yield* savePart(api.apiId, "gateway-response", input.responseType!, response);
        return response;
      }),

    async DeleteGatewayResponse({ restApiId, responseType }, context) {
      await parts.remove("gateway-response", context, { restApiId }, responseType);
      return {};
    },
  }) satisfies RestHandlers;
