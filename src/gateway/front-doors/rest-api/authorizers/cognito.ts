import type { Authorizer } from "@aws-sdk/client-api-gateway";
import type { JSONWebKeySet, JWTPayload } from "jose";
import { parseArn } from "../../../../kit/arn.ts";
import type { Clock } from "../../../../kit/clock.ts";
import { AUTHORIZER_MS_MAX, JWKS_KEPT_MS } from "../../../../kit/limits.ts";
import type { Authorization, Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { identityOf } from "./lambda-authorizer.ts";

interface Needs {
  wall: Clock;
  /** The keys of an issuer; rejects when they cannot be had. */
  fetchKeys?: (issuer: string) => Promise<JSONWebKeySet>;
}

const unauthorized = (reason: string): GatewayFailure => new GatewayFailure("UNAUTHORIZED", { reason: `Unauthorized: ${reason}` });

/** A pool's keys are public, and AWS's to tell: a pool of AWS's own works wherever that address can be reached. */
const fetchFromIssuer = async (issuer: string): Promise<JSONWebKeySet> => {
  const response = await fetch(`${issuer}/.well-known/jwks.json`, { signal: AbortSignal.timeout(AUTHORIZER_MS_MAX), redirect: "error" });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  return (await response.json()) as JSONWebKeySet;
};

export const issuerOf = (providerArn: string): string => {
  const arn = parseArn(providerArn);
  const pool = arn?.service === "cognito-idp" ? /^userpool\/([\w-]+)$/.exec(arn.resource)?.[1] : undefined;
  if (pool === undefined) throw new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `${providerArn} is no user pool of Cognito` });
  return `https://cognito-idp.${arn!.region}.amazonaws.com/${pool}`;
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : Array.isArray(value) ? value.map(String).join(",") : typeof value === "object" ? JSON.stringify(value) : String(value));

/** With scopes it is an access token that has one of them; without, an identity token. Source: "Integrate a REST API with an Amazon Cognito user pool". */
const checkUse = ({ token_use: use, scope }: JWTPayload, scopes: readonly string[]): void => {
  if (scopes.length === 0) {
    if (use !== "id") throw unauthorized("the token is no identity token");
    return;
  }
  const held = typeof scope === "string" ? scope.split(" ") : [];
  if (use !== "access" || !scopes.some((one) => held.includes(one))) throw unauthorized("the token has none of the method's scopes");
};

/** COGNITO_USER_POOLS: a JWT of one of the pools that the authorizer names. Whose keys cannot be had lets nobody in. */
export const createCognitoAuthorizer = ({ wall, fetchKeys = fetchFromIssuer }: Needs) => {
  const kept = new Map<string, { keys: JSONWebKeySet; until: number }>();

  const keysOf = async (issuer: string): Promise<JSONWebKeySet> => {
    const known = kept.get(issuer);
    if (known !== undefined && known.until > wall.now()) return known.keys;
    try {
      const keys = await fetchKeys(issuer);
      kept.set(issuer, { keys, until: wall.now() + JWKS_KEPT_MS });
      return keys;
    } catch (error) {
      throw new GatewayFailure("AUTHORIZER_FAILURE", { reason: `COGNITO_USER_POOLS: the keys of ${issuer} cannot be had: ${error instanceof Error ? error.message : String(error)}. Without them no token can be believed` });
    }
  };

  return async (authorizer: Authorizer, exchange: Exchange): Promise<Authorization> => {
    const token = identityOf({ ...authorizer, type: "TOKEN" }, exchange)[0]!.replace(/^Bearer\s+/i, "");
    const jose = await import("jose");
    let issuer: string | undefined;
    try {
      issuer = jose.decodeJwt(token).iss;
    } catch {
      throw unauthorized("the token is no JWT");
    }
    const issuers = (authorizer.providerARNs ?? []).map(issuerOf);
    if (issuer === undefined || !issuers.includes(issuer)) throw unauthorized("the token is of no user pool of the authorizer");
    const keys = jose.createLocalJWKSet(await keysOf(issuer));
    const { payload } = await jose.jwtVerify(token, keys, { issuer, algorithms: ["RS256"], requiredClaims: ["exp"], currentDate: new Date(wall.now()) }).catch((error: unknown) => {
      throw error instanceof jose.errors.JOSEError ? unauthorized(error.message) : error;
    });
    checkUse(payload, exchange.method?.authorizationScopes ?? []);
    return { claims: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, textOf(value)])) };
  };
};

export type CognitoAuthorizer = ReturnType<typeof createCognitoAuthorizer>;
