import { parseArn } from "../../kit/arn.ts";
import { root } from "../../kit/caller.ts";
import { hexId } from "../../kit/ids.ts";
import type { Random } from "../../kit/random.ts";
import type { LogDestination } from "../../executor/executor.ts";
import { compileFormat, type Variable } from "./access-log-format.ts";
import { keptBy, type CompiledStage } from "./compiled-stage.ts";

interface Destination {
  line: (variable: Variable) => string;
  group: string;
  account: string;
  region: string;
  /** More is waiting to be written than may wait. */
  isFull: boolean;
}

const destinationOf = ({ DestinationArn, Format }: { DestinationArn?: string | undefined; Format?: string | undefined } = {}): Destination | undefined => {
  const arn = parseArn(DestinationArn ?? "");
  const [, group] = /^log-group:([^:]+)(:\*)?$/.exec(arn?.resource ?? "") ?? [];
  if (arn?.service !== "logs" || group === undefined || Format === undefined) return undefined;
  return { line: compileFormat(Format), group, account: arn.account, region: arn.region, isFull: false };
};

/** A line for each request, or message, of a stage that asks for it, on its way to CloudWatch Logs when all is known of it. */
export const createAccessLog = ({ logs, random }: { logs: LogDestination; random: Random }) => {
  const stream = hexId(random, 32);
  return (served: CompiledStage, timestamp: number, variable: Variable): void => {
    const { stage, api } = served;
    if (stage.AccessLogSettings?.DestinationArn === undefined) return;
    const { destination } = keptBy(served, "access log", () => ({ destination: destinationOf(stage.AccessLogSettings) }));
    // Nothing waits for its log: lines that find no room are lost.
    if (destination === undefined || destination.isFull) return;
    const { line, group, account, region } = destination;
    const room = logs.write({ as: root(account), region, group, stream, functionName: `API ${api.apiId}, stage ${stage.StageName}`, lines: [{ timestamp, message: line(variable) }] });
    if (room === undefined) return;
    destination.isFull = true;
    void room.then(() => (destination.isFull = false));
  };
};
