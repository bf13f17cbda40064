import type { FunctionTarget } from "../../executor/executor.ts";
import type { Clock } from "../../kit/clock.ts";
import type { ResolveTarget } from "../../scheduler/scheduler.ts";
import type { Store } from "../../store/store.ts";
import { getFunction, servingNow, type FunctionRecord } from "./state.ts";

export const toTarget = (record: FunctionRecord, clock: Clock): FunctionTarget => {
  const { settings, code, deploymentId } = servingNow(record, clock);
  return {
    account: record.account,
    region: record.region,
    name: record.name,
    version: "$LATEST",
    functionArn: record.arn,
    revisionId: deploymentId,
    runtime: settings.Runtime,
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
    initializationType: "on-demand",
  };
};

/** The function as it is at this moment. */
export const createResolveTarget =
  ({ store, clock }: { store: Store; clock: Clock }): ResolveTarget =>
  async (at, functionName, qualifier) =>
    toTarget(await store.run(() => getFunction(at, functionName, qualifier)), clock);
