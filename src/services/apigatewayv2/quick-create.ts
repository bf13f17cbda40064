import type { CreateApiRequest, Integration, UpdateApiRequest } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../kit/ids.ts";
import type { Random } from "../../kit/random.ts";
import { savePart } from "../../plumber/apis/rows.ts";
import { listHttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest } from "./errors.ts";
import { changedIntegration, isLambdaUri, newIntegration } from "./integration-rules.ts";
import type { HttpApi } from "./needs.ts";
import { claimRouteKey, releaseRouteKey } from "./route-keys.ts";
import { changedRoute, newRoute } from "./route-rules.ts";
import { newStage } from "./stage-rules.ts";
import { autoDeployment } from "./auto-deploy.ts";

const ID_LENGTH = 7;

export const drawQuickIds = (random: Random) => ({ route: lowerId(random, ID_LENGTH), integration: lowerId(random, ID_LENGTH), deployment: lowerId(random, 6) });

/** A URL is reached as it is asked for; a function is invoked with format 2.0. */
const integrationTo = (target: string, credentials: string | undefined): Partial<Integration> =>
  isLambdaUri(target)
    ? { IntegrationType: "AWS_PROXY", IntegrationUri: target, PayloadFormatVersion: "2.0", IntegrationMethod: "POST", CredentialsArn: credentials }
    : { IntegrationType: "HTTP_PROXY", IntegrationUri: target, PayloadFormatVersion: "1.0", IntegrationMethod: "ANY" };

/** An integration, a catch-all route and a default stage, which API Gateway manages. */
export function* quickCreate(api: HttpApi, { Target, RouteKey, CredentialsArn }: Pick<CreateApiRequest, "Target" | "RouteKey" | "CredentialsArn">, ids: ReturnType<typeof drawQuickIds>, now: number): Operation<void> {
  const to = integrationTo(Target!, CredentialsArn);
  const integration = newIntegration(ids.integration, api, { ...to, IntegrationType: to.IntegrationType });
  yield* savePart(api.apiId, "integration", ids.integration, { ...integration, ApiGatewayManaged: true });
  const route = yield* newRoute(ids.route, api, { RouteKey: RouteKey ?? "$default", Target: `integrations/${ids.integration}` });
  yield* claimRouteKey(api.apiId, route.RouteKey!, ids.route);
  yield* savePart(api.apiId, "route", ids.route, { ...route, ApiGatewayManaged: true });
  yield* savePart(api.apiId, "deployment", ids.deployment, autoDeployment(ids.deployment, now));
  yield* savePart(api.apiId, "stage", "$default", { ...newStage({ StageName: "$default", AutoDeploy: true }, now, api), DeploymentId: ids.deployment, ApiGatewayManaged: true });
}

/** What quick create has made leads elsewhere, or has another key. */
export function* changeQuickCreated(api: HttpApi, input: UpdateApiRequest): Operation<void> {
  const { Target, RouteKey, CredentialsArn } = input;
  if (Target === undefined && RouteKey === undefined && CredentialsArn === undefined) return;
  const integration = (yield* listHttpApiParts(api.apiId, "integration")).find(({ ApiGatewayManaged }) => ApiGatewayManaged === true);
  const route = (yield* listHttpApiParts(api.apiId, "route")).find(({ ApiGatewayManaged }) => ApiGatewayManaged === true);
  if (integration === undefined || route === undefined) throw badRequest("Target, routeKey and credentialsArn belong to quick create, and this API was made without it: update its integrations and routes");
  const to = Target === undefined ? { CredentialsArn } : integrationTo(Target, CredentialsArn ?? integration.CredentialsArn);
  yield* savePart(api.apiId, "integration", integration.IntegrationId!, changedIntegration(integration, { ApiId: api.apiId, IntegrationId: integration.IntegrationId, ...to }, api));
  if (RouteKey === undefined || RouteKey === route.RouteKey) return;
  yield* claimRouteKey(api.apiId, RouteKey, route.RouteId!);
  yield* releaseRouteKey(api.apiId, route.RouteKey!);
  yield* savePart(api.apiId, "route", route.RouteId!, yield* changedRoute(route, { ApiId: api.apiId, RouteId: route.RouteId, RouteKey }, api));
}
