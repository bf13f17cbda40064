import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { parseArn } from "../../kit/arn.ts";
import { badRequest, notBuilt } from "./errors.ts";

/** "Set up data mapping for WebSocket APIs". */
const TARGET = /^integration\.request\.(header|querystring|path)\.[a-zA-Z0-9._$-]+$/;
const SOURCE = /^(route\.request\.(querystring|header|multivaluequerystring|multivalueheader)\.[a-zA-Z0-9._$-]+|route\.request\.body(\..+|\[.+)?|context\.\S+|stageVariables\.\w+|'.*')$/s;

const checkMapping = (parameters: Readonly<Record<string, string>> = {}): void => {
  for (const [target, source] of Object.entries(parameters)) {
    if (!TARGET.test(target)) throw badRequest(`Invalid mapping expression specified: ${target}. It must be integration.request.<header|querystring|path>.<name>`);
    // An empty one takes it away.
    if (source !== "" && !SOURCE.test(source)) throw badRequest(`Invalid mapping expression specified: ${source}`);
  }
};

/** Messages are texts, to and from clients. */
export const checkContentHandling = (strategy: string | undefined): void => {
  if (strategy === "CONVERT_TO_BINARY") throw notBuilt("ContentHandlingStrategy CONVERT_TO_BINARY of a WebSocket API", "messages are passed on as text");
};

/** A function is what `AWS` means here. */
const checkService = ({ IntegrationType: type, IntegrationUri: uri = "" }: Integration): void => {
  const { service, account } = parseArn(uri) ?? {};
  if (type === "AWS" && service === "apigateway" && account !== "lambda") throw notBuilt(`An integration of a WebSocket API with the service ${account}`, "use a function that calls it");
};

/** The integration of a WebSocket API. */
export const checkSocketIntegration = (integration: Integration): void => {
  const { IntegrationSubtype: subtype, ResponseParameters: parameters } = integration;
  if (parameters !== undefined || subtype !== undefined) throw badRequest(`${subtype === undefined ? "ResponseParameters are" : "IntegrationSubtype is"} supported only for HTTP APIs`);
  checkService(integration);
  checkMapping(integration.RequestParameters);
  checkContentHandling(integration.ContentHandlingStrategy);
};
