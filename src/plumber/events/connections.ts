import type { ConnectionAuthorizationType, ConnectionAuthResponseParameters, ConnectionHttpParameters, CreateConnectionAuthRequestParameters } from "@aws-sdk/client-eventbridge";
import { open } from "../../iam/seal.ts";
import type { Operation } from "../../store/store.ts";
import { findItem, type EventItem, type Place } from "./rows.ts";

/** With all its secrets: kept sealed, and told to nobody. */
export type ConnectionAuth = CreateConnectionAuthRequestParameters;

export interface StoredConnection {
  /** The end of its ARN: another one for a connection that was made again under the same name. */
  id: string;
  description?: string;
  authorizationType: ConnectionAuthorizationType;
  state: "AUTHORIZING" | "AUTHORIZED" | "DEAUTHORIZED";
  stateReason?: string;
  /** `ConnectionAuth` as the session key seals it; none when it is deauthorized. */
  sealedAuth?: string;
  secretArn?: string;
  /** Another one with each change of what it authorizes by: no token outlives what it was got with. */
  revision: number;
  /** Platform time, milliseconds. */
  createdAt: number;
  modifiedAt: number;
  authorizedAt?: number;
}

export const connectionArn = ({ account, region }: Place, name: string, id: string): string => `arn:aws:events:${region}:${account}:connection/${name}/${id}`;

export function* findConnection(place: Place, name: string): Operation<EventItem<StoredConnection> | undefined> {
  return yield* findItem<StoredConnection>(place, "connection", name);
}

/** Undefined when it has none, or when another installation sealed it. */
export const openAuth = ({ sealedAuth }: StoredConnection, sessionKey: Buffer): ConnectionAuth | undefined => (sealedAuth === undefined ? undefined : (open(sessionKey, sealedAuth) as ConnectionAuth | undefined));

const showParameters = <P extends { Value?: string | undefined; IsValueSecret?: boolean | undefined }>(parameters: readonly P[] | undefined): P[] | undefined =>
  parameters?.map(({ Value, ...rest }) => (rest.IsValueSecret === true ? rest : { ...rest, Value }) as P);

const showHttp = (http: ConnectionHttpParameters | undefined): ConnectionHttpParameters | undefined =>
  http && { HeaderParameters: showParameters(http.HeaderParameters), QueryStringParameters: showParameters(http.QueryStringParameters), BodyParameters: showParameters(http.BodyParameters) };

/** As DescribeConnection tells it: without passwords, keys, client secrets, and without values that are marked as secret. */
export const showAuth = ({ BasicAuthParameters: basic, OAuthParameters: oauth, ApiKeyAuthParameters: apiKey, InvocationHttpParameters: http }: ConnectionAuth): ConnectionAuthResponseParameters => ({
  BasicAuthParameters: basic && { Username: basic.Username },
  OAuthParameters: oauth && { ClientParameters: { ClientID: oauth.ClientParameters?.ClientID }, AuthorizationEndpoint: oauth.AuthorizationEndpoint, HttpMethod: oauth.HttpMethod, OAuthHttpParameters: showHttp(oauth.OAuthHttpParameters) },
  ApiKeyAuthParameters: apiKey && { ApiKeyName: apiKey.ApiKeyName },
  InvocationHttpParameters: showHttp(http),
});
