import type { Authorizer } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../../../kit/clock.ts";
import { AUTHORIZER_MS_MAX } from "../../../../kit/limits/apis.ts";
import { evaluateAuthorizerPolicy, readNamedAuthorizerPolicy, type NamedAuthorizerPolicy } from "../../authorizer-policy.ts";
import { isRecord, parseJson } from "../../parse-json.ts";
import { authorizerEvent } from "../events.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { Refused } from "../refusals.ts";
import { readMappingSource } from "../sources.ts";
import { routeArn, type HandshakeFacts, type Routed } from "../turn.ts";

/** A function says that nobody may come in by failing with this message. Source: "Lambda authorizers", as for REST APIs. */
const UNAUTHORIZED = "Unauthorized";

const errorMessage = (error: string | undefined): unknown => {
  const value = parseJson(error ?? "");
  return isRecord(value) ? value["errorMessage"] : undefined;
};

const checkIdentity = (turn: Routed, { IdentitySource: sources = [] }: Authorizer): void => {
  const missing = sources.find((source) => (readMappingSource(turn, source) ?? "").length === 0);
  if (missing !== undefined) throw new Refused("unauthorized", `the handshake has nothing where the authorizer looks for it: ${missing}`);
};

/** Asks a function who comes, once for each connection: nothing is kept. Source: "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers". */
export const createLambdaAuthorizer = ({ wall }: { wall: Clock }, invoke: InvokeFunction) => {
  const ask = async (turn: Routed, handshake: HandshakeFacts, { AuthorizerId, AuthorizerUri, AuthorizerCredentialsArn }: Authorizer): Promise<NamedAuthorizerPolicy> => {
    const { api } = turn.served;
    const answer = await invoke(turn, {
      uri: AuthorizerUri, credentials: AuthorizerCredentialsArn, payload: authorizerEvent(turn, handshake), timeoutMs: AUTHORIZER_MS_MAX,
      sourceArn: `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/authorizers/${AuthorizerId}`,
    }).catch((error: unknown) => {
      throw error instanceof Refused ? new Refused("failed", error.message) : error;
    });
    if (answer.payload === undefined) throw errorMessage(answer.error) === UNAUTHORIZED ? new Refused("unauthorized", "the authorizer's function says so") : new Refused("failed", `the authorizer's function failed: ${answer.error}`);
    const said = readNamedAuthorizerPolicy(answer.payload);
    if ("problem" in said) throw new Refused("failed", said.problem);
    return said;
  };

  const decide = async (turn: Routed, handshake: HandshakeFacts, authorizer: Authorizer): Promise<void> => {
    checkIdentity(turn, authorizer);
    const began = wall.monotonic();
    const said = await ask(turn, handshake, authorizer);
    const latency = Math.round(wall.monotonic() - began);
    Object.assign(turn.findings, { authorizerLatencyMs: latency, authorizerStatus: 200 });
    const { isAllowed } = evaluateAuthorizerPolicy(said, { api: turn.served.api, resource: routeArn(turn), request: handshake.request, nowMs: wall.now() });
    if (!isAllowed) throw new Refused("forbidden", "the Lambda authorizer does not let it in");
    turn.connection.authorizer = { ...said.context, principalId: said.principalId, integrationLatency: latency };
  };

  return async (turn: Routed, handshake: HandshakeFacts, authorizer: Authorizer): Promise<void> => {
    try {
      await decide(turn, handshake, authorizer);
    } catch (error) {
      if (error instanceof Refused) turn.findings.authorizerError = error.message;
      throw error;
    }
  };
};
