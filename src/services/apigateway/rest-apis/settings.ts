import type { EndpointConfiguration } from "@aws-sdk/client-api-gateway";
import { REST_COMPRESSION_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";
import { badRequest, notBuilt } from "../errors.ts";

/** As AWS fills it in. One type, which EDGE is when none is named. */
export const checkEndpoint = ({ types = ["EDGE"], ipAddressType, vpcEndpointIds = [] }: EndpointConfiguration = {}): EndpointConfiguration => {
  if (types.length > 1) throw badRequest("Cannot create a RestApi with multiple Endpoint Types.");
  const type = types[0] ?? "EDGE";
  if (!["EDGE", "REGIONAL", "PRIVATE"].includes(type)) throw badRequest(`Invalid endpoint type specified: ${type}. Must be one of: [REGIONAL, EDGE, PRIVATE]`);
  if (type === "PRIVATE") throw notBuilt("The endpoint type PRIVATE", "there are no VPC endpoints, and an API that only they may reach would be open; use REGIONAL with a resource policy");
  if (vpcEndpointIds.length > 0) throw badRequest("VPCEndpoints can only be specified with PRIVATE apis.");
  return { types: [type], ipAddressType: ipAddressType ?? "ipv4" };
};

const checkCompression = (size: number): void => {
  if (!(size >= 0 && size <= REST_COMPRESSION_BYTES_MAX)) throw badRequest(`Invalid minimum compression size, must be between 0 and ${REST_COMPRESSION_BYTES_MAX}`);
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const checkPolicy = (text: string): void => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (!isObject(document) || document["Statement"] === undefined) throw badRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.");
};

/** What an API is to be like, however it came to be. */
export const checkSettings = (body: RestApiBody): RestApiBody => {
  if (body.name === undefined || body.name.trim() === "") throw badRequest("API name cannot be empty");
  if (body.apiKeySource !== "HEADER" && body.apiKeySource !== "AUTHORIZER") throw badRequest(`Invalid API key source specified: ${String(body.apiKeySource)}. Must be one of: [HEADER, AUTHORIZER]`);
  if (body.minimumCompressionSize !== undefined) checkCompression(body.minimumCompressionSize);
  if (body.policy !== undefined) checkPolicy(body.policy);
  if (body.endpointAccessMode === "STRICT") throw notBuilt("The endpoint access mode STRICT", "it is about TLS, which ends before lambdad");
  return body;
};
