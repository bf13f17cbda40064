import { badRequest, notFound } from "./errors.ts";
import { deleteBelow } from "./integrations.ts";
import type { ApiHandlers } from "./needs.ts";
import type { Parts } from "./parts.ts";
import { claimRouteKey, releaseRouteKey } from "./route-keys.ts";
import { changedRoute, newRoute } from "./route-rules.ts";

export const routeHandlers = (parts: Parts) =>
  ({
    CreateRoute: (input, context) =>
      parts.create("route", context, input, function* (id, api) {
        const route = yield* newRoute(id, api, input);
        yield* claimRouteKey(api.apiId, route.RouteKey!, id);
        return route;
      }),
    GetRoute: (input, context) => parts.get("route", context, input, input.RouteId!),
    GetRoutes: (input, context) => parts.list("route", context, input, (route) => route),
    UpdateRoute: (input, context) =>
      parts.change("route", context, input, input.RouteId!, function* (route, api) {
        const changed = yield* changedRoute(route, input, api);
        if (changed.RouteKey !== route.RouteKey) {
          if (route.RouteKey === "$default" && route.ApiGatewayManaged === true) throw badRequest("The route key of the $default route that quick create has made can't be modified");
          yield* claimRouteKey(api.apiId, changed.RouteKey!, route.RouteId!);
          yield* releaseRouteKey(api.apiId, route.RouteKey!);
        }
        return changed;
      }),
    DeleteRoute: (input, context) =>
      parts.remove("route", context, input, input.RouteId!, function* (route, api) {
        yield* releaseRouteKey(api.apiId, route.RouteKey!);
        yield* deleteBelow(api, "route-response", route.RouteId!);
      }),
    async DeleteRouteRequestParameter(input, context) {
      await parts.change("route", context, input, input.RouteId!, function* (route) {
        const { [input.RequestParameterKey!]: gone, ...rest } = route.RequestParameters ?? {};
        if (gone === undefined) throw notFound("Invalid request parameter specified");
        return { ...route, RequestParameters: rest };
      });
    },
  }) satisfies ApiHandlers;
