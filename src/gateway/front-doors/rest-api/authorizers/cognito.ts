import type { Authorizer } from "@aws-sdk/client-api-gateway";
import type { JWK, JWTPayload } from "jose";
import { parseArn } from "../../../../kit/arn.ts";
import type { Clock } from "../../../../kit/clock.ts";
import { createIssuerKeys, IssuerUnreachable } from "../../issuer-keys.ts";
import type { Authorization, Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { identityOf } from "./lambda-authorizer.ts";

interface Needs {
  wall: Clock;
  /** A key of an issuer; undefined when it has none of the name. A pool's keys are public, and AWS's to tell: one of AWS's works wherever that address can be reached. */
  keyOf?: (issuer: string, kid: string) => Promise<JWK | undefined>;
  /** What stands in for Cognito here, if anything does: then it is the one that is believed. */
  settings: { cognitoEndpoint?: string | undefined };
}

const unauthorized = (reason: string): GatewayFailure => new GatewayFailure("UNAUTHORIZED", { reason: `Unauthorized: ${reason}` });

/** Who a pool's tokens are of, and who is asked for its keys. */
interface Pool {
  /** As tokens name it: what stands in for Cognito may name AWS's address, or its own. */
  issuers: string[];
  keysAt: string;
}

export const poolOf = (providerArn: string, endpoint: string | undefined): Pool => {
  const arn = parseArn(providerArn);
  const pool = arn?.service === "cognito-idp" ? /^userpool\/([\w-]+)$/.exec(arn.resource)?.[1] : undefined;
  if (pool === undefined) throw new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `${providerArn} is no user pool of Cognito` });
  const ofAws = `https://cognito-idp.${arn!.region}.amazonaws.com/${pool}`;
  return endpoint === undefined ? { issuers: [ofAws], keysAt: ofAws } : { issuers: [ofAws, `${endpoint}/${pool}`], keysAt: `${endpoint}/${pool}` };
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
export const createCognitoAuthorizer = ({ wall, settings, keyOf = createIssuerKeys(wall) }: Needs) => {
  const findKey = async (issuer: string, kid: string): Promise<JWK> => {
    const key = await keyOf(issuer, kid).catch((error: unknown) => {
      if (!(error instanceof IssuerUnreachable)) throw error;
      throw new GatewayFailure("AUTHORIZER_FAILURE", { reason: `COGNITO_USER_POOLS: the keys of ${issuer} cannot be had: ${error.message}. Without them no token can be believed` });
    });
    if (key === undefined) throw unauthorized(`${issuer} has no key ${kid}`);
    return key;
  };

  return async (authorizer: Authorizer, exchange: Exchange): Promise<Authorization> => {
    const token = identityOf({ ...authorizer, type: "TOKEN" }, exchange)[0]!.replace(/^Bearer\s+/i, "");
    const jose = await import("jose");
    const refused = (error: unknown): never => {
      throw error instanceof jose.errors.JOSEError || error instanceof TypeError ? unauthorized(error.message) : error;
    };
    const { iss } = await (async () => jose.decodeJwt(token))().catch(refused);
    const { kid = "" } = await (async () => jose.decodeProtectedHeader(token))().catch(refused);
    const pool = (authorizer.providerARNs ?? []).map((arn) => poolOf(arn, settings.cognitoEndpoint)).find(({ issuers }) => iss !== undefined && issuers.includes(iss));
    if (iss === undefined || pool === undefined) throw unauthorized("the token is of no user pool of the authorizer");
    const key = await jose.importJWK(await findKey(pool.keysAt, kid), "RS256").catch(refused);
    const { payload } = await jose.jwtVerify(token, key, { issuer: iss, algorithms: ["RS256"], requiredClaims: ["exp"], currentDate: new Date(wall.now()) }).catch(refused);
    checkUse(payload, exchange.method?.authorizationScopes ?? []);
    return { claims: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, textOf(value)])) };
  };
};

export type CognitoAuthorizer = ReturnType<typeof createCognitoAuthorizer>;
