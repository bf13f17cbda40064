import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";
import type { Rules } from "../patch/patch.ts";
import { asBoolean, asInteger, asOneOf, item, member, required } from "../patch/rules.ts";
import { checkEndpoint } from "./settings.ts";

export const restApiRules: Rules<RestApiBody> = {
  "/name": required("API name"),
  "/description": member(),
  "/version": member(),
  "/apiKeySource": required("API key source", asOneOf("HEADER", "AUTHORIZER")),
  "/minimumCompressionSize": member(asInteger, { ops: ["add", "replace", "remove"] }),
  "/disableExecuteApiEndpoint": required("disableExecuteApiEndpoint", asBoolean),
  "/policy": member(undefined, { ops: ["replace", "remove"] }),
  "/securityPolicy": required("Security policy"),
  "/endpointAccessMode": required("Endpoint access mode"),
  "/binaryMediaTypes/{binary_media_type}": item(),
  "/endpointConfiguration/types/{type}": {
    ops: ["replace"],
    apply(api, { value }) {
      api.endpointConfiguration = checkEndpoint({ ...api.endpointConfiguration, types: [value as "EDGE"] });
    },
  },
  "/endpointConfiguration/ipAddressType": required("IP address type", asOneOf("ipv4", "dualstack")),
  "/endpointConfiguration/vpcEndpointIds": {
    ops: ["add", "remove"],
    apply(api, { op, value }) {
      if (op === "add") api.endpointConfiguration = checkEndpoint({ ...api.endpointConfiguration, vpcEndpointIds: [value] });
    },
  },
};
