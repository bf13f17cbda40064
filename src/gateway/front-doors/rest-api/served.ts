import { findServedRestApi, type ServedRestApi, type StoredRestDeployment } from "../../../plumber/apis/rest-api.ts";
import { revisionOf } from "../../../plumber/apis/rows.ts";
import type { Random } from "../../../kit/random.ts";
import type { Store } from "../../../store/store.ts";
import { compileApi, type CompiledApi, type Serving } from "./compile.ts";

const KEPT_MAX = 200;

interface Kept {
  generation: string;
  revision: number | undefined;
  served: ServedRestApi | undefined;
}

interface Needs {
  store: Pick<Store, "read" | "generation">;
  random: Random;
}

const remember = <K, V>(map: Map<K, V>, key: K, value: V): V => {
  map.delete(key);
  if (map.size >= KEPT_MAX) map.delete(map.keys().next().value!);
  map.set(key, value);
  return value;
};

/**
 * What a stage serves, read again when its own API has changed: a change of another one costs a look at a number. A deployment never
 * changes, so it is compiled once, whichever stages serve it.
 */
export const createServed = ({ store, random }: Needs) => {
  const stages = new Map<string, Kept>();
  const compiled = new Map<string, CompiledApi>();

  const find = async (apiId: string, stage: string): Promise<ServedRestApi | undefined> => {
    const key = `${apiId}/${stage}`;
    const generation = `${store.generation("api")},${store.generation("api_part")}`;
    const known = stages.get(key);
    if (known?.generation === generation) return known.served;
    const revision = await store.read(() => revisionOf(apiId));
    if (known !== undefined && known.revision === revision) return remember(stages, key, { ...known, generation }).served;
    // The revision is read with the rest, so that what is written in between makes both new.
    const read = await store.read(function* () { return { revision: yield* revisionOf(apiId), served: yield* findServedRestApi(apiId, stage) }; });
    if (read.served === undefined) return void stages.delete(key);
    return remember(stages, key, { generation, ...read }).served;
  };
  const compile = (served: ServedRestApi, { id, snapshot }: StoredRestDeployment): CompiledApi => {
    const key = `${served.api.apiId}/${id}`;
    return compiled.get(key) ?? remember(compiled, key, compileApi(served.api.apiId, served.api, snapshot));
  };

  /** Undefined when there is no such stage. With a canary, its share of the requests is served what it has. */
  return async (apiId: string, stage: string): Promise<Serving | undefined> => {
    const served = await find(apiId, stage);
    if (served === undefined) return undefined;
    const { canarySettings, methodSettings = {}, accessLogSettings, authorizersCache = 0, variables = {} } = served.stage;
    const isCanary = served.canary !== undefined && random.below(10_000) < (canarySettings?.percentTraffic ?? 0) * 100;
    const deployment = isCanary ? served.canary! : served.deployment;
    return {
      compiled: compile(served, deployment),
      stage,
      deploymentId: deployment.id!,
      variables: isCanary ? { ...variables, ...canarySettings?.stageVariableOverrides } : variables,
      methodSettings,
      authorizersCache,
      ...(accessLogSettings === undefined ? {} : { accessLogSettings }),
      isCanary,
      isTest: false,
    };
  };
};
