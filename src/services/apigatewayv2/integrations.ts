import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { API_INTEGRATIONS_MAX } from "../../kit/limits/apis.ts";
import { deletePart, listParts } from "../../plumber/apis/rows.ts";
import { listHttpApiParts } from "../../plumber/apis/http-api.ts";
import { sqlOne, type Operation } from "../../store/store.ts";
import { conflict, tooMany } from "./errors.ts";
import { changedIntegration, newIntegration } from "./integration-rules.ts";
import type { ApiHandlers, HttpApi } from "./needs.ts";
import type { Parts } from "./parts.ts";

function* checkRoom({ apiId }: HttpApi): Operation<void> {
  const count = yield* sqlOne("select count(*) as count from api_part where api_id = ? and kind = 'integration'", apiId);
  if (Number(count?.["count"]) >= API_INTEGRATIONS_MAX) throw tooMany("Integrations for this API", "Integrations");
}

function* refuseIfTarget({ apiId }: HttpApi, { IntegrationId }: Integration): Operation<void> {
  const routes = (yield* listHttpApiParts(apiId, "route")).filter(({ Target }) => Target === `integrations/${IntegrationId}`).map(({ RouteId }) => RouteId);
  if (routes.length > 0) throw conflict(`Cannot delete Integration because it is referenced by the following Routes with Ids: [${routes.join(", ")}]`);
}

/** With what is kept under its id. */
export function* deleteBelow({ apiId }: HttpApi, kind: "route-response" | "integration-response", id: string): Operation<void> {
  for (const response of yield* listParts(apiId, kind, `${id}/`)) {
    if (!response.id.startsWith(`${id}/`)) return;
    yield* deletePart(apiId, kind, response.id);
  }
}

export const integrationHandlers = (parts: Parts) =>
  ({
    CreateIntegration: (input, context) =>
      parts.create("integration", context, input, function* (id, api) {
        yield* checkRoom(api);
        return newIntegration(id, api, input);
      }),
    GetIntegration: (input, context) => parts.get("integration", context, input, input.IntegrationId!),
    GetIntegrations: (input, context) => parts.list("integration", context, input, (integration) => integration),
    UpdateIntegration: (input, context) => parts.change("integration", context, input, input.IntegrationId!, function* (integration, api) { return changedIntegration(integration, input, api); }),
    DeleteIntegration: (input, context) =>
      parts.remove("integration", context, input, input.IntegrationId!, function* (integration, api) {
        yield* refuseIfTarget(api, integration);
        yield* deleteBelow(api, "integration-response", integration.IntegrationId!);
      }),
  }) satisfies ApiHandlers;
