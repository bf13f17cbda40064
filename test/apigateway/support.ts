import { join } from "node:path";
import {
  APIGatewayClient, CreateResourceCommand, CreateRestApiCommand, PutIntegrationCommand, PutMethodCommand, type CreateRestApiCommandInput, type PatchOperation, type PutMethodCommandInput,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll } from "vitest";
import { findServedRestApi, type ServedRestApi } from "../../src/plumber/apis/rest-api.ts";
import type { Operation, Store } from "../../src/store/store.ts";
import { usePlatform, type OpenPlatform } from "../support/platform.ts";
import { openState } from "../support/store.ts";

export const PLACE = { account: "000000000000", region: "us-east-1" };
export const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
export const INVOCATION = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;

export const clientOf = (endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string } = { accessKeyId: "test", secretAccessKey: "test" }): APIGatewayClient =>
  new APIGatewayClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

export interface Made {
  restApiId: string;
  rootId: string;
}

export interface Ground extends OpenPlatform {
  api: APIGatewayClient;
  make(input?: Partial<CreateRestApiCommandInput>): Promise<Made>;
  resource(restApiId: string, parentId: string, pathPart: string): Promise<string>;
  method(at: { restApiId: string; resourceId: string }, input?: Partial<PutMethodCommandInput>): Promise<{ restApiId: string; resourceId: string; httpMethod: string }>;
  /** A method that answers by itself. */
  mock(at: { restApiId: string; resourceId: string }, httpMethod?: string): Promise<void>;
  /** What the front door finds. */
  served(restApiId: string, stage: string): Promise<ServedRestApi | undefined>;
  run<T>(operation: () => Operation<T>): Promise<T>;
}

/** A platform and a client for all tests of a file. */
export const useRestApis = (): Ground => {
  const platform = usePlatform();
  const ground = platform as Ground;
  let store: Store;
  beforeAll(() => {
    store = openState(join(platform.dataDirectory, "state.db"));
    ground.api = clientOf(platform.endpoint);
    ground.make = async (input = {}) => {
      const { id, rootResourceId } = await ground.api.send(new CreateRestApiCommand({ name: "pets", ...input }));
      return { restApiId: id!, rootId: rootResourceId! };
    };
    ground.resource = async (restApiId, parentId, pathPart) => (await ground.api.send(new CreateResourceCommand({ restApiId, parentId, pathPart }))).id!;
    ground.method = async (at, input = {}) => {
      const named = { ...at, httpMethod: input.httpMethod ?? "GET" };
      await ground.api.send(new PutMethodCommand({ authorizationType: "NONE", ...input, ...named }));
      return named;
    };
    ground.mock = async (at, httpMethod = "GET") => {
      await ground.api.send(new PutIntegrationCommand({ ...(await ground.method(at, { httpMethod })), type: "MOCK", requestTemplates: { "application/json": '{"statusCode":200}' } }));
    };
    ground.served = (restApiId, stage) => store.read(() => findServedRestApi(restApiId, stage));
    ground.run = (operation) => store.run(operation);
  });
  afterAll(() => store?.close());
  return ground;
};

export { refusal } from "../support/refusal.ts";

export const replace = (path: string, value: string): PatchOperation => ({ op: "replace", path, value });
export const add = (path: string, value?: string): PatchOperation => ({ op: "add", path, ...(value === undefined ? {} : { value }) });
export const remove = (path: string, value?: string): PatchOperation => ({ op: "remove", path, ...(value === undefined ? {} : { value }) });
