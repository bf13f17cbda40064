import { findServedHttpApi, type HttpApiBody, type HttpApiSnapshot, type StoredStage } from "../../plumber/apis/http-api.ts";
import { findApi, listParts, revisionOf, type ApiRecord } from "../../plumber/apis/rows.ts";
import type { Store } from "../../store/store.ts";

const KEPT_MAX = 500;

/** An API, with the stages that were asked for so far. */
export interface ServedApi<S> {
  record: ApiRecord<HttpApiBody>;
  stageNames: ReadonlySet<string>;
  /** Undefined where there is no such stage, or nothing was deployed to it. */
  stage(name: string): Promise<S | undefined>;
}

interface Kept<S> {
  /** Of the table in which each change of an API leaves another revision. */
  generation: number;
  revision: number;
  api: ServedApi<S>;
}

const NOTHING = Promise.resolve(undefined);

interface Needs<S> {
  store: Pick<Store, "read" | "generation">;
  kind: "HTTP" | "WEBSOCKET";
  /** Makes a stage ready, once for all that comes to it. */
  compile(api: ApiRecord<HttpApiBody>, stage: StoredStage, snapshot: HttpApiSnapshot): S;
}

/** What is served of one kind of APIs, read and compiled again when its own API has changed: a change of another one costs a look at a number. */
export const createServedApis = <S>({ store, kind, compile }: Needs<S>) => {
  const kept = new Map<string, Kept<S>>();

  const compiledStage = async (record: ApiRecord<HttpApiBody>, name: string): Promise<S | undefined> => {
    const served = await store.read(() => findServedHttpApi(record.apiId, name));
    return served?.snapshot === undefined ? undefined : compile(record, served.stage, served.snapshot);
  };
  const load = async (apiId: string): Promise<ServedApi<S> | undefined> => {
    const [record, stages] = await store.read(function* () {
      return [yield* findApi<HttpApiBody>(apiId), yield* listParts<StoredStage>(apiId, "stage")] as const;
    });
    if (record?.kind !== kind) return undefined;
    const compiled = new Map<string, Promise<S | undefined>>();
    const stageNames = new Set(stages.map(({ id }) => id));
    return {
      record,
      stageNames,
      stage(name) {
        let stage = compiled.get(name);
        if (stage === undefined && stageNames.has(name)) compiled.set(name, (stage = compiledStage(record, name)));
        return stage ?? NOTHING;
      },
    };
  };

  return async (apiId: string): Promise<ServedApi<S> | undefined> => {
    // Taken before: what is written while it is read makes it another one.
    const generation = store.generation("api");
    const known = kept.get(apiId);
    if (known?.generation === generation) return known.api;
    if (known !== undefined && (await store.read(() => revisionOf(apiId))) === known.revision) {
      known.generation = generation;
      return known.api;
    }
    const api = await load(apiId);
    kept.delete(apiId);
    if (api === undefined) return undefined;
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(apiId, { generation, revision: api.record.revision, api });
    return api;
  };
};
