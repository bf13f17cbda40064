import { parseArn } from "../../../kit/arn.ts";
import { root } from "../../../kit/caller.ts";
import { hexId } from "../../../kit/ids.ts";
import type { Random } from "../../../kit/random.ts";
import type { LogDestination } from "../../../executor/executor.ts";
import { contextVariable, type Answered } from "./context-variables.ts";
import type { Passage } from "./passage.ts";
import { keptBy } from "./stage.ts";

type Part = (passage: Passage, answered: Answered) => string;

/** Within a text in quotes, so that nobody writes a member of their own into a line of JSON. */
const escaped = (text: string): string => text.replace(/["\\]/g, "\\$&").replace(/[\u0000-\u001f\u007f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** `$context.requestId` and the like, in whatever format; what is not known is `-`, as AWS has it. */
const compileFormat = (format: string): Part[] =>
  format.split(/(\$context\.[A-Za-z0-9_.:-]*[A-Za-z0-9_])/).filter((part) => part !== "").map((part) => {
    if (!part.startsWith("$context.")) return () => part;
    const name = part.slice("$context.".length);
    // This one is text in quotes already.
    const isQuoted = name === "error.messageString";
    return (passage, answered) => {
      const value = contextVariable(passage, name, answered);
      return value === undefined ? "-" : isQuoted ? value : escaped(value);
    };
  });

interface Destination {
  parts: Part[];
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
  return { parts: compileFormat(Format), group, account: arn.account, region: arn.region, isFull: false };
};

/** A line for each request of a stage that asks for it, on its way to CloudWatch Logs when the answer leaves. */
export const createAccessLog = ({ logs, random }: { logs: LogDestination; random: Random }) => {
  const stream = hexId(random, 32);
  return (passage: Passage, answered: Answered): void => {
    const { stage, api } = passage.served;
    if (stage.AccessLogSettings?.DestinationArn === undefined) return;
    const { destination } = keptBy(passage.served, "access log", () => ({ destination: destinationOf(stage.AccessLogSettings) }));
    // No answer waits for its log: lines that find no room are lost.
    if (destination === undefined || destination.isFull) return;
    const { parts, group, account, region } = destination;
    const message = parts.map((part) => part(passage, answered)).join("");
    const room = logs.write({ as: root(account), region, group, stream, functionName: `API ${api.apiId}, stage ${stage.StageName}`, lines: [{ timestamp: passage.now, message }] });
    if (room === undefined) return;
    destination.isFull = true;
    void room.then(() => (destination.isFull = false));
  };
};
