import type { ConnectionAuthorizationType, UpdateConnectionAuthRequestParameters } from "@aws-sdk/client-eventbridge";
import type { ConnectionAuth } from "../../plumber/events/connections.ts";
import { checkEndpoint } from "./endpoint-rules.ts";
import { notBuilt, validation } from "./errors.ts";

const BLOCKS = { BASIC: "BasicAuthParameters", API_KEY: "ApiKeyAuthParameters", OAUTH_CLIENT_CREDENTIALS: "OAuthParameters" } as const;

const missing = (block: string) => validation(`Parameter ${block} is not valid. Reason: Missing required field(s).`);

const isWhole = ({ BasicAuthParameters: basic, ApiKeyAuthParameters: apiKey, OAuthParameters: oauth }: ConnectionAuth, type: ConnectionAuthorizationType): boolean => {
  const needed = {
    BASIC: [basic?.Username, basic?.Password],
    API_KEY: [apiKey?.ApiKeyName, apiKey?.ApiKeyValue],
    OAUTH_CLIENT_CREDENTIALS: [oauth?.ClientParameters?.ClientID, oauth?.ClientParameters?.ClientSecret, oauth?.AuthorizationEndpoint, oauth?.HttpMethod],
  };
  return needed[type].every((value) => value !== undefined);
};

interface Networked {
  InvocationConnectivityParameters?: unknown;
  KmsKeyIdentifier?: string | undefined;
  AuthParameters?: { ConnectivityParameters?: unknown } | undefined;
}

/** What a connection cannot have here. */
export const refuseNotBuilt = ({ InvocationConnectivityParameters, KmsKeyIdentifier, AuthParameters }: Networked): void => {
  if (InvocationConnectivityParameters !== undefined || AuthParameters?.ConnectivityParameters !== undefined) throw notBuilt("a connection to a private API", "there are no VPC Lattice resource configurations; name an endpoint that this machine reaches");
  if (KmsKeyIdentifier !== undefined && KmsKeyIdentifier !== "") throw notBuilt("KmsKeyIdentifier", "there is no KMS; leave it out, as secrets of connections are sealed with this installation's own key");
};

/**
 * What a connection authorizes by from now on: what is given takes the place of what was there, member by member, and all that belongs to another type goes.
 * Throws ValidationException where something is missing.
 */
export const mergeAuth = (type: ConnectionAuthorizationType, before: ConnectionAuth | undefined, given: UpdateConnectionAuthRequestParameters | undefined): ConnectionAuth => {
  const block = BLOCKS[type];
  if (before?.[block] === undefined && given?.[block] === undefined) throw missing(block);
  const others = Object.values(BLOCKS).filter((name) => name !== block && given?.[name] !== undefined);
  if (others.length > 0) throw validation(`Parameter ${others[0]} is not valid. Reason: AuthorizationType is ${type}.`);
  const merged: Record<string, unknown> = { ...before?.[block], ...given?.[block] };
  if (type === "OAUTH_CLIENT_CREDENTIALS") merged["ClientParameters"] = { ...before?.OAuthParameters?.ClientParameters, ...given?.OAuthParameters?.ClientParameters };
  const http = given?.InvocationHttpParameters ?? before?.InvocationHttpParameters;
  const auth: ConnectionAuth = { [block]: merged, ...(http === undefined ? {} : { InvocationHttpParameters: http }) };
  if (!isWhole(auth, type)) throw missing(block);
  if (auth.OAuthParameters !== undefined) checkEndpoint(auth.OAuthParameters.AuthorizationEndpoint!, "AuthorizationEndpoint");
  return auth;
};
