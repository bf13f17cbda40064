import type { FunctionTarget } from "../../../executor/executor.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { Random } from "../../../kit/random.ts";
import type { ResolveTarget } from "../../../scheduler/scheduler.ts";
import type { Operation, Store } from "../../../store/store.ts";
import { findAlias, type AliasRecord } from "./qualifiers.ts";
import { runtimeWishOf } from "../functions/runtime-management.ts";
import { getFunction, servingNow, type Deployment, type FunctionRecord } from "../functions/state.ts";

/** Of a record that was read before, by what serves of it. */
const targets = new WeakMap<FunctionRecord, { serving: Deployment; target: FunctionTarget }>();

export const toTarget = (record: FunctionRecord, clock: Clock): FunctionTarget => {
  const serving = servingNow(record, clock);
  let known = targets.get(record);
  if (known?.serving !== serving) targets.set(record, (known = { serving, target: targetOf(record, serving) }));
  return known.target;
};

const targetOf = (record: FunctionRecord, { settings, code, deploymentId }: Deployment): FunctionTarget => ({
  account: record.account,
  name: record.name,
  version: record.version,
  functionArn: record.arn,
  revisionId: deploymentId,
  ...runtimeWishOf(settings, record.region),
  handler: settings.Handler,
  roleArn: settings.Role,
  timeoutSeconds: settings.Timeout,
  memoryMb: settings.MemorySize,
  ephemeralStorageMb: settings.EphemeralStorage.Size,
  environment: settings.Environment ?? {},
  code: { blobId: code.blobId, sha256Base64: code.sha256Base64 },
  layers: (settings.Layers ?? []).map(({ Arn, blobId, sha256Base64 }) => ({ arn: Arn, blobId, sha256Base64 })),
  architecture: settings.Architectures[0]!,
  logging: {
    group: settings.LoggingConfig.LogGroup,
    format: settings.LoggingConfig.LogFormat,
    ...(settings.LoggingConfig.ApplicationLogLevel === undefined ? {} : { applicationLevel: settings.LoggingConfig.ApplicationLogLevel }),
    ...(settings.LoggingConfig.SystemLogLevel === undefined ? {} : { systemLevel: settings.LoggingConfig.SystemLogLevel }),
  },
  tracing: settings.TracingConfig?.Mode ?? "PassThrough",
  initializationType: "on-demand",
});

/** Weights are told apart this finely. */
const SHARES = 1_000_000;

const draw = ({ version, other }: AliasRecord, random: Random): string => (other !== undefined && random.below(SHARES) < other.weight * SHARES ? other.version : version);

/** What one invocation by this qualifier runs: an alias with weights is drawn anew each time. */
export function* getInvoked(at: { account: string; region: string }, name: string, qualifier: string | undefined, random: Random): Operation<FunctionRecord> {
  const alias = qualifier === undefined ? undefined : yield* findAlias({ ...at, name }, qualifier);
  return yield* getFunction(at, name, alias === undefined ? qualifier : draw(alias, random));
}

/** The function as it is at this moment. */
export const createResolveTarget =
  ({ store, clock, random }: { store: Pick<Store, "run">; clock: Clock; random: Random }): ResolveTarget =>
  async (at, functionName, qualifier) =>
    toTarget(await store.run(() => getInvoked(at, functionName, qualifier, random)), clock);
