import type { Route } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../../kit/ids.ts";
import { API_INTEGRATIONS_MAX } from "../../../kit/limits/apis.ts";
import type { Random } from "../../../kit/random.ts";
import { deletePart, saveApi, savePart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { drawApi } from "../apis.ts";
import { newApi } from "../api-rules.ts";
import { newAuthorizer } from "../authorizer-rules.ts";
import { describeApi } from "../describe-api.ts";
import { badRequest, tooMany } from "../errors.ts";
import { newIntegration } from "../integration-rules.ts";
import type { ApiHandlers, HttpApi, Needs } from "../needs.ts";
import { getApi } from "../parts.ts";
import { claimRouteKey, releaseAllRouteKeys } from "../route-keys.ts";
import { newRoute } from "../route-rules.ts";
import { readApi, type ReadApi } from "./read-api.ts";
import type { ReadRoute } from "./read-routes.ts";

const ID_LENGTH = 7;
const OVERWRITTEN = ["route", "integration", "authorizer"] as const;

/** Drawn before the operation, which may be run again. */
const drawIds = (random: Random, { routes, authorizers }: ReadApi) => {
  const draw = (of: readonly unknown[]) => of.map(() => lowerId(random, ID_LENGTH));
  return { routes: draw(routes), integrations: draw(routes), authorizers: draw(authorizers) };
};

function* saveIntegrations(api: HttpApi, routes: readonly ReadRoute[], ids: readonly string[]): Operation<(string | undefined)[]> {
  const shared = new Map<string, string>();
  const targets: (string | undefined)[] = [];
  for (const [index, { integration }] of routes.entries()) {
    const known = integration?.ref === undefined ? undefined : shared.get(integration.ref);
    if (integration !== undefined && known === undefined) {
      yield* savePart(api.apiId, "integration", ids[index]!, newIntegration(ids[index]!, api, integration.is));
      if (integration.ref !== undefined) shared.set(integration.ref, ids[index]!);
    }
    targets.push(integration === undefined ? undefined : (known ?? ids[index]!));
  }
  if (new Set(targets).size > API_INTEGRATIONS_MAX) throw tooMany("Integrations for this API", "Integrations");
  return targets;
}

function* saveParts(api: HttpApi, read: ReadApi, ids: ReturnType<typeof drawIds>): Operation<void> {
  const authorizerIds = new Map<string, string>();
  for (const [index, given] of read.authorizers.entries()) {
    const authorizer = newAuthorizer(ids.authorizers[index]!, api, given);
    authorizerIds.set(authorizer.Name!, authorizer.AuthorizerId!);
    yield* savePart(api.apiId, "authorizer", authorizer.AuthorizerId!, authorizer);
  }
  const targets = yield* saveIntegrations(api, read.routes, ids.integrations);
  for (const [index, { integration: _saved, authorizer, ...given }] of read.routes.entries()) {
    const id = ids.routes[index]!;
    const target = targets[index] === undefined ? {} : { Target: `integrations/${targets[index]}` };
    const route: Route = yield* newRoute(id, api, { ...given, ...target, ...(authorizer === undefined ? {} : { AuthorizerId: authorizerIds.get(authorizer) }) });
    yield* claimRouteKey(api.apiId, route.RouteKey!, id);
    yield* savePart(api.apiId, "route", id, route);
  }
}

/** `Body` may be large: it is read before anything is begun. */
const read = async ({ Body, Basepath, FailOnWarnings }: { Body: string | undefined; Basepath?: string | undefined; FailOnWarnings?: boolean | undefined }): Promise<ReadApi> => {
  const found = await readApi(Body!, Basepath);
  if (FailOnWarnings === true && found.warnings.length > 0) throw badRequest(`Warnings found during import:\n${found.warnings.map((warning) => `\t${warning}`).join("\n")}`);
  return found;
};

const importInfo = ({ warnings }: ReadApi) => (warnings.length === 0 ? {} : { ImportInfo: warnings });

export const importHandlers = (needs: Needs) =>
  ({
    async ImportApi(input, context) {
      const found = await read(input);
      const drawn = drawApi(needs, context, found.api, "HTTP");
      const api: HttpApi = { ...drawn, body: { ...drawn.body, ...importInfo(found) } };
      const ids = drawIds(needs.random, found);
      await needs.store.run(function* () {
        yield* saveApi(api);
        yield* saveParts(api, found, ids);
      });
      return describeApi(api, context);
    },
    /** Overwrites what the definition describes; the stages and their deployments stay, and so does what is tagged. */
    async ReimportApi(input, context) {
      const found = await read(input);
      const ids = drawIds(needs.random, found);
      const changed = await needs.store.run(function* () {
        const before = yield* getApi(context, input);
        if (before.kind !== "HTTP") throw badRequest("Reimport is supported only for HTTP APIs");
        const api: HttpApi = { ...before, body: { ...newApi(found.api, "HTTP"), Tags: { ...before.body.Tags, ...found.api.Tags }, IpAddressType: before.body.IpAddressType, ...importInfo(found) } };
        for (const kind of OVERWRITTEN) yield* deletePart(api.apiId, kind);
        yield* releaseAllRouteKeys(api.apiId);
        yield* saveApi(api);
        yield* saveParts(api, found, ids);
        return api;
      });
      return describeApi(changed, context);
    },
  }) satisfies ApiHandlers;
