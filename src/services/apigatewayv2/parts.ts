import { lowerId } from "../../kit/ids.ts";
import { savePart, deletePart, findApi, findPart, listParts } from "../../plumber/apis/rows.ts";
import type { HttpApiBody, HttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { badRequest, notFound, notIdentified } from "./errors.ts";
import type { HttpApi, Needs } from "./needs.ts";
import { cutPage, readPage, type Paging } from "./pages.ts";

export type PartKind = keyof HttpApiParts;
type At = Pick<RequestContext, "account" | "region">;
type Of = { ApiId: string | undefined };

const NAMES: Record<PartKind, string> = {
  route: "Route",
  integration: "Integration",
  authorizer: "Authorizer",
  model: "Model",
  "route-response": "RouteResponse",
  "integration-response": "IntegrationResponse",
  stage: "stage",
  deployment: "Deployment",
};

const PART_ID_LENGTH = 7;

export function* getApi({ account, region }: At, { ApiId }: Of): Operation<HttpApi> {
  const api = yield* findApi<HttpApiBody>(ApiId!);
  if (api === undefined || api.kind === "REST" || api.account !== account || api.region !== region) throw notFound(`Invalid API identifier specified ${account}:${ApiId}`);
  return api;
}

export function* getPart<K extends PartKind>({ apiId }: Pick<HttpApi, "apiId">, kind: K, id: string | undefined): Operation<HttpApiParts[K]> {
  const part = yield* findPart<HttpApiParts[K]>(apiId, kind, id!);
  if (part === undefined) throw notIdentified(NAMES[kind]);
  return part;
}

/** What quick create has made can be changed, and goes with its API. */
const refuseIfManaged = (part: object, what: string) => {
  if ("ApiGatewayManaged" in part && part.ApiGatewayManaged === true) throw badRequest(`The ${what} is managed by API Gateway and can't be deleted. Delete the API, or update its target`);
};

/** What all kinds of parts have in common. `id` is the whole one, with what stands in front of a response's. */
export const createParts = ({ store, random }: Needs) => ({
  /** @param make From an id that nobody has, the document; it throws what is wrong. */
  async create<K extends PartKind>(kind: K, at: At, of: Of, make: (id: string, api: HttpApi) => Operation<HttpApiParts[K]>, parent = ""): Promise<HttpApiParts[K]> {
    const id = lowerId(random, PART_ID_LENGTH);
    return store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* make(id, api);
      yield* savePart(api.apiId, kind, parent + id, part);
      return part;
    });
  },
  get: <K extends PartKind>(kind: K, at: At, of: Of, id: string): Promise<HttpApiParts[K]> => store.read(function* () { return yield* getPart(yield* getApi(at, of), kind, id); }),

  list: <K extends PartKind, T>(kind: K, at: At, of: Of & Paging, show: (part: HttpApiParts[K]) => T, parent?: { kind: PartKind; id: string }): Promise<{ Items: T[]; NextToken?: string }> => {
    const { after, most } = readPage(of);
    const prefix = parent === undefined ? "" : `${parent.id}/`;
    return store.read(function* () {
      const api = yield* getApi(at, of);
      if (parent !== undefined) yield* getPart(api, parent.kind, parent.id);
      const rows = yield* listParts<HttpApiParts[K]>(api.apiId, kind, after === "" ? prefix : after, most + 1);
      return cutPage(rows.filter(({ id }) => id.startsWith(prefix)), most, ({ id }) => id, ({ body }) => show(body));
    });
  },
  change: <K extends PartKind>(kind: K, at: At, of: Of, id: string, edit: (part: HttpApiParts[K], api: HttpApi) => Operation<HttpApiParts[K]>): Promise<HttpApiParts[K]> =>
    store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* edit(yield* getPart(api, kind, id), api);
      yield* savePart(api.apiId, kind, id, part);
      return part;
    }),
  /** @param before Throws what stands against it, and takes away what goes with it. */
  async remove<K extends PartKind>(kind: K, at: At, of: Of, id: string, before?: (part: HttpApiParts[K], api: HttpApi) => Operation<void>): Promise<void> {
    await store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* getPart(api, kind, id);
      refuseIfManaged(part, kind);
      if (before !== undefined) yield* before(part, api);
      yield* deletePart(api.apiId, kind, id);
    });
  },
});

export type Parts = ReturnType<typeof createParts>;
