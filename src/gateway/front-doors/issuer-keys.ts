import type { JSONWebKeySet, JWK } from "jose";
import type { Clock } from "../../kit/clock.ts";
import { JWT_ISSUERS_MAX, JWT_KEYS_AGAIN_MS, JWT_KEYS_BYTES_MAX, JWT_KEYS_MS, JWT_KEYS_TIMEOUT_MS } from "../../kit/limits/apis.ts";
import { gather } from "./gather.ts";
import { send } from "../../plumber/outgoing.ts";

interface Known {
  keys: Promise<JWK[]>;
  /** Wall clock, milliseconds. */
  readAt: number;
}

/** What an issuer says is not to be had; in the words of API Gateway. */
export class IssuerUnreachable extends Error {}

const read = async (url: string, wall: Clock, failure: string): Promise<Record<string, unknown>> => {
  const hurry = new AbortController();
  const timer = wall.at(wall.now() + JWT_KEYS_TIMEOUT_MS, "issuer's keys", () => hurry.abort());
  try {
    const { status, body } = await send({ url: new URL(url), method: "GET", headers: { accept: "application/json" }, signal: hurry.signal });
    const answer = await gather(body, JWT_KEYS_BYTES_MAX, () => new Error(`${url} gives more than ${JWT_KEYS_BYTES_MAX} bytes`));
    if (status !== 200) throw new Error(`${url} answers ${status}`);
    return JSON.parse(answer.toString("utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new IssuerUnreachable(failure, { cause: error });
  } finally {
    timer.cancel();
  }
};

const DISCOVERY = "OIDC discovery endpoint communication error";
const KEYS = "JWKS communication error";

const readKeys = async (issuer: string, wall: Clock): Promise<JWK[]> => {
  const configuration = await read(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, wall, DISCOVERY);
  const uri = configuration["jwks_uri"];
  if (typeof uri !== "string" || !/^https?:\/\//.test(uri) || !URL.canParse(uri)) throw new IssuerUnreachable(DISCOVERY);
  const { keys } = (await read(uri, wall, KEYS)) as unknown as JSONWebKeySet;
  if (!Array.isArray(keys)) throw new IssuerUnreachable(KEYS);
  return keys.filter((key) => typeof key === "object" && key !== null);
};

/** The public keys of issuers, kept for two hours; one that is not among them is looked for again, not more often than twice a minute. */
export const createIssuerKeys = (wall: Clock) => {
  const issuers = new Map<string, Known>();
  const load = (issuer: string): Known => {
    const known: Known = { keys: readKeys(issuer, wall), readAt: wall.now() };
    issuers.delete(issuer);
    if (issuers.size >= JWT_ISSUERS_MAX) issuers.delete(issuers.keys().next().value!);
    issuers.set(issuer, known);
    known.keys.catch(() => {
      if (issuers.get(issuer) === known) issuers.delete(issuer);
    });
    return known;
  };
  const keyIn = async ({ keys }: Known, kid: string): Promise<JWK | undefined> => (await keys).find((key) => key.kid === kid);

  return async (issuer: string, kid: string): Promise<JWK | undefined> => {
    const now = wall.now();
    let known = issuers.get(issuer);
    if (known === undefined || now - known.readAt > JWT_KEYS_MS) known = load(issuer);
    const key = await keyIn(known, kid);
    return key !== undefined || now - known.readAt < JWT_KEYS_AGAIN_MS ? key : keyIn(load(issuer), kid);
  };
};
