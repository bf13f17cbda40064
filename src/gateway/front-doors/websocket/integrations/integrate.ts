import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { once } from "../../../../kit/once.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { Refused } from "../refusals.ts";
import type { Routed } from "../turn.ts";
import type { IntegrationAnswer, RunIntegration } from "./integration.ts";
import { createLambdaProxy } from "./lambda-proxy.ts";

/** Runs what stands behind a route; a route without an integration takes everything, and answers nothing. */
export const createIntegrate = (needs: Pick<FrontDoorNeeds, "wall">, invoke: InvokeFunction) => {
  const lambdaProxy = createLambdaProxy(invoke);
  const lambda = once(async () => (await import("./lambda.ts")).createLambdaIntegration(invoke));
  const http = once(async () => (await import("./http.ts")).createHttpIntegrations(needs));
  const mock = once(async () => (await import("./mock.ts")).mockIntegration);

  const runnerOf = async ({ IntegrationType: type }: Integration): Promise<RunIntegration> => {
    switch (type) {
      case "AWS_PROXY": return lambdaProxy;
      case "AWS": return lambda();
      case "HTTP_PROXY": return (await http()).proxy;
      case "HTTP": return (await http()).mapped;
      case "MOCK": return mock();
      default: throw new Refused("failed", `WebSocket APIs have no integration of the type ${String(type)}`);
    }
  };

  return async (turn: Routed): Promise<IntegrationAnswer> => {
    const { integration } = turn.route;
    if (integration === undefined) return { status: 200 };
    const began = needs.wall.monotonic();
    try {
      const answer = await (await runnerOf(integration))(turn, integration);
      turn.findings.integrationStatus ??= answer.status;
      return answer;
    } catch (error) {
      if (error instanceof Refused) turn.findings.integrationError ??= error.message;
      throw error;
    } finally {
      if (integration.IntegrationType !== "MOCK") turn.findings.integrationLatencyMs = Math.round(needs.wall.monotonic() - began);
    }
  };
};
