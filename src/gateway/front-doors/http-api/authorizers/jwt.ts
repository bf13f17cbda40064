import type { Authorizer } from "@aws-sdk/client-apigatewayv2";
import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload, type ProtectedHeaderParameters } from "jose";
import type { Clock } from "../../../../kit/clock.ts";
import { identityOf } from "../identity-sources.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { createIssuerKeys, IssuerUnreachable } from "../../issuer-keys.ts";

/** API Gateway knows no others. Source: "Control access to HTTP APIs with JWT authorizers". */
const ALGORITHMS = ["RS256", "RS384", "RS512"];

const challenge = (scopes: readonly string[], error: string, description: string): Record<string, string> => ({
  "www-authenticate": `Bearer scope="${scopes.join(" ")}" error="${error}" error_description="${description.replaceAll(/["\\]/g, "'")}"`,
});

/** A token that does not let anybody in, and why. */
class BadToken extends Error {}

const decode = (token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } => {
  if (token.split(".").length !== 3) throw new BadToken("token contains an invalid number of segments");
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    throw new BadToken("the token is malformed");
  }
};

const scopesOf = ({ scope, scp }: JWTPayload): string[] => {
  const said = scope ?? scp;
  return typeof said === "string" ? said.split(" ").filter((one) => one !== "") : Array.isArray(said) ? said.filter((one): one is string => typeof one === "string") : [];
};

/** `iss`, `aud` or else `client_id`, `exp`, `nbf`, `iat`: seconds of the wall clock. */
const checkClaims = (claims: JWTPayload, { Issuer, Audience = [] }: NonNullable<Authorizer["JwtConfiguration"]>, nowSeconds: number): void => {
  if (claims.iss !== Issuer) throw new BadToken("the token does not have a valid issuer");
  const audiences = claims.aud === undefined ? [claims["client_id"]] : [claims.aud].flat();
  if (!audiences.some((one) => typeof one === "string" && Audience.includes(one))) throw new BadToken("the token does not have a valid audience");
  if (typeof claims.exp !== "number" || claims.exp <= nowSeconds) throw new BadToken("the token has expired");
  if (claims.nbf !== undefined && !(claims.nbf <= nowSeconds)) throw new BadToken("the token is not valid yet");
  if (claims.iat !== undefined && !(claims.iat <= nowSeconds)) throw new BadToken("the token was issued in the future");
};

/** Every claim as text: lists as `[a b]`, as API Gateway writes them. */
const textOf = (value: unknown): string => (Array.isArray(value) ? `[${value.map(textOf).join(" ")}]` : typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));

/** Lets in who brings a JWT of the issuer's, for the audience, with one of the route's scopes. */
export const createJwtAuthorizer = ({ wall }: { wall: Clock }) => {
  const findKey = createIssuerKeys(wall);

  const verify = async (token: string, configuration: NonNullable<Authorizer["JwtConfiguration"]>): Promise<JWTPayload> => {
    const { header, claims } = decode(token);
    if (!ALGORITHMS.includes(header.alg ?? "")) throw new BadToken(`signing method ${header.alg} is invalid`);
    if (header.kid === undefined) throw new BadToken("the token has no kid");
    const key = await findKey(configuration.Issuer!, header.kid);
    if (key === undefined || key.kty !== "RSA") throw new BadToken("unable to find a signing key that matches the token's kid");
    try {
      await compactVerify(token, await importJWK(key, header.alg), { algorithms: ALGORITHMS });
    } catch {
      throw new BadToken("the token's signature is invalid");
    }
    checkClaims(claims, configuration, wall.now() / 1_000);
    return claims;
  };

  return async (passage: Routed, authorizer: Authorizer): Promise<void> => {
    const asked = passage.route.AuthorizationScopes ?? [];
    const [found] = identityOf(passage, (authorizer.IdentitySource ?? []).slice(0, 1)) ?? [];
    if (found === undefined) throw new Refused("unauthorized", "the request has no token where the authorizer looks for it", { "www-authenticate": "Bearer" });
    try {
      const claims = await verify(found.replace(/^Bearer +/i, ""), authorizer.JwtConfiguration ?? {});
      const had = scopesOf(claims);
      const granted = asked.filter((scope) => had.includes(scope));
      if (asked.length > 0 && granted.length === 0) throw new Refused("forbidden", `the token has none of the scopes ${asked.join(" ")}`, challenge(asked, "insufficient_scope", "the token does not have the required scopes"));
      const texts = Object.entries(claims).map(([name, value]) => [name, textOf(value)] as const);
      passage.authorization = { jwt: { claims: Object.fromEntries(texts), scopes: asked.length === 0 ? null : granted } };
    } catch (error) {
      if (!(error instanceof BadToken) && !(error instanceof IssuerUnreachable)) throw error;
      passage.findings.authorizerError = error.message;
      throw new Refused("unauthorized", `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}`, challenge(asked, "invalid_token", error.message));
    }
  };
};
