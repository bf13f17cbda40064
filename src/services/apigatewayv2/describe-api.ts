import type { Api } from "@aws-sdk/client-apigatewayv2";
import { isSecureEndpoint, ownHost } from "../../kit/own-address.ts";
import type { RequestContext } from "../service.ts";
import { isWebSocket, toDate, type HttpApi } from "./needs.ts";

/** Where the API is, below the name that the client called us by. */
const apiEndpoint = (api: HttpApi, endpoint: string): string =>
  `${isWebSocket(api) ? "ws" : "http"}${isSecureEndpoint(endpoint) ? "s" : ""}://${ownHost(`${api.apiId}.execute-api.${api.region}`, "amazonaws.com", endpoint)}`;

export const describeApi = (api: HttpApi, { endpoint }: Pick<RequestContext, "endpoint">): Api => ({
  ...api.body,
  ApiId: api.apiId,
  ApiEndpoint: apiEndpoint(api, endpoint),
  CreatedDate: toDate(api.createdAt),
});
