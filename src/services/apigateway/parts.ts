import type { RestApiBody, RestApiParts } from "../../plumber/apis/rest-api.ts";
import { findApi, findPart, listParts, savePart, deletePart, type Place } from "../../plumber/apis/rows.ts";
import type { DocumentationParts } from "./documentation/stored.ts";
import type { Operation } from "../../store/store.ts";
import { notFound, notIdentified } from "./errors.ts";
import type { Needs, RestApiRecord } from "./needs.ts";
import { cutPage, readPage, type Paging } from "./pages.ts";

/** All that is kept of a REST API beside itself. */
export type Parts = RestApiParts & DocumentationParts;
export type PartKind = keyof Parts;
type Of = { restApiId: string | undefined };

const NAMES: Record<Exclude<PartKind, "model" | "gateway-response">, string> = {
  resource: "Resource",
  authorizer: "Authorizer",
  validator: "Request Validator",
  stage: "stage",
  deployment: "Deployment",
  "documentation-part": "Documentation part",
  "documentation-version": "Documentation version",
};

const notThere = (kind: PartKind, id: string): Error => {
  if (kind === "model") return notFound(`Invalid model name specified: ${id}`);
  if (kind === "gateway-response") return notFound("Gateway response type not defined on api");
  return notIdentified(NAMES[kind]);
};

export function* getApi({ account, region }: Place, { restApiId }: Of): Operation<RestApiRecord> {
  const api = yield* findApi<RestApiBody>(restApiId!);
  if (api?.kind !== "REST" || api.account !== account || api.region !== region) throw notFound(`Invalid API identifier specified ${account}:${restApiId}`);
  return api;
}

export function* getPart<K extends PartKind>({ apiId }: Pick<RestApiRecord, "apiId">, kind: K, id: string | undefined): Operation<Parts[K]> {
  const part = yield* findPart<Parts[K]>(apiId, kind, id!);
  if (part === undefined) throw notThere(kind, id!);
  return part;
}

export function* allParts<K extends PartKind>({ apiId }: Pick<RestApiRecord, "apiId">, kind: K): Operation<Parts[K][]> {
  return (yield* listParts<Parts[K]>(apiId, kind)).map(({ body }) => body);
}

/** What all kinds of parts have in common: each within its API, in one commit. */
export const createParts = ({ store }: Pick<Needs, "store">) => ({
  get: <K extends PartKind>(kind: K, at: Place, of: Of, id: string | undefined): Promise<Parts[K]> => store.run(function* () { return yield* getPart(yield* getApi(at, of), kind, id); }),

  list: <K extends PartKind, T>(kind: K, at: Place, of: Of & Paging, show: (part: Parts[K]) => T): Promise<{ items: T[]; position?: string }> => {
    const { after, most } = readPage(of);
    return store.run(function* () {
      const api = yield* getApi(at, of);
      return cutPage(yield* listParts<Parts[K]>(api.apiId, kind, after, most + 1), most, ({ id }) => id, ({ body }) => show(body));
    });
  },
  /** @param make The document under that id; it throws what is wrong. */
  create: <K extends PartKind>(kind: K, at: Place, of: Of, id: string, make: (api: RestApiRecord) => Operation<Parts[K]>): Promise<Parts[K]> =>
    store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* make(api);
      yield* savePart(api.apiId, kind, id, part);
      return part;
    }),
  change: <K extends PartKind>(kind: K, at: Place, of: Of, id: string | undefined, edit: (part: Parts[K], api: RestApiRecord) => Operation<Parts[K]>): Promise<Parts[K]> =>
    store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* edit(yield* getPart(api, kind, id), api);
      yield* savePart(api.apiId, kind, id!, part);
      return part;
    }),
  /** @param before Throws what stands against it, and takes away what goes with it. */
  async remove<K extends PartKind>(kind: K, at: Place, of: Of, id: string | undefined, before?: (part: Parts[K], api: RestApiRecord) => Operation<void>): Promise<void> {
    await store.run(function* () {
      const api = yield* getApi(at, of);
      const part = yield* getPart(api, kind, id);
      if (before !== undefined) yield* before(part, api);
      yield* deletePart(api.apiId, kind, id);
    });
  },
});

export type RestParts = ReturnType<typeof createParts>;

/** Needs, and what the service's parts share. */
export interface ServiceParts extends Needs {
  parts: RestParts;
}
