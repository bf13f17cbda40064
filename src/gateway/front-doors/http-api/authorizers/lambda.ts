import { createHash } from "node:crypto";
import type { Authorizer } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../../../kit/clock.ts";
import { AUTHORIZER_RESULT_BYTES_MAX, AUTHORIZER_RESULTS_MAX, HTTP_API_AUTHORIZER_TIMEOUT_MS } from "../../../../kit/limits/apis.ts";
import { keptBy } from "../../compiled-stage.ts";
import { authorizerEvent } from "../events.ts";
import { identityOf } from "../identity-sources.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";
import { allows, readVerdict, type Verdict } from "./verdict.ts";

interface Kept {
  verdict: Verdict;
  /** Platform time, milliseconds. */
  until: number;
}

/** Of an authorizer in a stage; gone when the API changes. */
type Results = Map<string, Kept>;

const keyOf = (identity: readonly string[]): string => createHash("sha256").update(JSON.stringify(identity)).digest("base64");

const fail = (why: string): Refused => new Refused("authorizerFailed", why);

/** Asks a function who comes, and keeps what it says for each identity as long as it may. */
export const createLambdaAuthorizer = ({ clock, wall }: { clock: Clock; wall: Clock }, invoke: InvokeFunction) => {
  const ask = async (passage: Routed, authorizer: Authorizer, identity: readonly string[]): Promise<{ verdict: Verdict; bytes: number }> => {
    const { findings, served: { api } } = passage;
    const version = authorizer.AuthorizerPayloadFormatVersion ?? "1.0";
    const began = wall.monotonic();
    const answer = await invoke(passage, {
      uri: authorizer.AuthorizerUri, credentials: authorizer.AuthorizerCredentialsArn, payload: authorizerEvent(passage, version, identity), timeoutMs: HTTP_API_AUTHORIZER_TIMEOUT_MS,
      sourceArn: `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/authorizers/${authorizer.AuthorizerId}`,
    }).catch((error: unknown) => {
      throw error instanceof Refused ? fail(error.message) : error;
    });
    findings.authorizerLatencyMs = Math.round(wall.monotonic() - began);
    if (answer.payload === undefined) throw fail(`the authorizer's function failed: ${answer.error}`);
    const verdict = readVerdict(answer.payload, version === "2.0" && authorizer.EnableSimpleResponses === true);
    if ("problem" in verdict) throw fail(verdict.problem);
    return { verdict, bytes: answer.payload.length };
  };

  const verdictOf = async (passage: Routed, authorizer: Authorizer, identity: readonly string[]): Promise<Verdict> => {
    const { AuthorizerResultTtlInSeconds: seconds = 0 } = authorizer;
    if (seconds <= 0 || identity.length === 0) return (await ask(passage, authorizer, identity)).verdict;
    const results = keptBy<Results>(passage.served, `authorizer ${authorizer.AuthorizerId}`, () => new Map());
    const key = keyOf(identity);
    const known = results.get(key);
    if (known !== undefined && known.until > clock.now()) return known.verdict;
    results.delete(key);
    const { verdict, bytes } = await ask(passage, authorizer, identity);
    if (bytes <= AUTHORIZER_RESULT_BYTES_MAX) {
      if (results.size >= AUTHORIZER_RESULTS_MAX) results.delete(results.keys().next().value!);
      results.set(key, { verdict, until: clock.now() + seconds * 1_000 });
    }
    return verdict;
  };

  return async (passage: Routed, authorizer: Authorizer): Promise<void> => {
    const identity = identityOf(passage, authorizer.IdentitySource ?? []);
    if (identity === undefined) throw new Refused("unauthorized", "the request lacks one of the authorizer's identity sources");
    try {
      const verdict = await verdictOf(passage, authorizer, identity);
      passage.findings.authorizerStatus = 200;
      passage.authorization = { lambda: { context: verdict.context, ...("principalId" in verdict && verdict.principalId !== undefined ? { principalId: verdict.principalId } : {}) } };
      if (!allows(passage, verdict, wall.now())) throw new Refused("forbidden", "the Lambda authorizer does not let it in");
    } catch (error) {
      if (error instanceof Refused) passage.findings.authorizerError = error.message;
      throw error;
    }
  };
};
