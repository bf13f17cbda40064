import { join } from "node:path";
import { ApiGatewayV2Client, CreateApiCommand, CreateIntegrationCommand, CreateRouteCommand, type CreateApiCommandInput } from "@aws-sdk/client-apigatewayv2";
import { afterAll, beforeAll } from "vitest";
import { findServedHttpApi, type ServedHttpApi } from "../../src/plumber/apis/http-api.ts";
import { usePlatform, type OpenPlatform } from "../support/platform.ts";
import { openState } from "../support/store.ts";
import type { Store } from "../../src/store/store.ts";

export const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
export const INVOCATION = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;

export const clientOf = (endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string } = { accessKeyId: "test", secretAccessKey: "test" }): ApiGatewayV2Client =>
  new ApiGatewayV2Client({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

export interface Ground extends OpenPlatform {
  api: ApiGatewayV2Client;
  /** An API's id. */
  make(input?: Partial<CreateApiCommandInput>): Promise<string>;
  socket(): Promise<string>;
  integrate(ApiId: string): Promise<string>;
  route(ApiId: string, RouteKey: string, IntegrationId?: string): Promise<string>;
  /** What the front door finds. */
  served(ApiId: string, StageName: string): Promise<ServedHttpApi | undefined>;
}

/** A platform and a client for all tests of a file. */
export const useApis = (): Ground => {
  const platform = usePlatform();
  const ground = platform as Ground;
  let store: Store;
  beforeAll(() => {
    store = openState(join(platform.dataDirectory, "state.db"));
    ground.api = clientOf(platform.endpoint);
    ground.make = async (input = {}) => (await ground.api.send(new CreateApiCommand({ Name: "pets", ProtocolType: "HTTP", ...input }))).ApiId!;
    ground.socket = () => ground.make({ ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action" });
    ground.integrate = async (ApiId) => (await ground.api.send(new CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, PayloadFormatVersion: "2.0" }))).IntegrationId!;
    ground.route = async (ApiId, RouteKey, id) => (await ground.api.send(new CreateRouteCommand({ ApiId, RouteKey, ...(id === undefined ? {} : { Target: `integrations/${id}` }) }))).RouteId!;
    ground.served = (ApiId, StageName) => store.read(() => findServedHttpApi(ApiId, StageName));
  });
  afterAll(() => store?.close());
  return ground;
};

export { refusal } from "../support/refusal.ts";
