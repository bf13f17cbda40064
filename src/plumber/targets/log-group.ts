import { isApiError } from "../../kit/api-error.ts";
import type { CallOptions } from "../../kit/call.ts";
import { derivedUuid } from "../../kit/ids.ts";
import { TargetError } from "../delivery.ts";
import type { Sending, TargetNeeds } from "./targets.ts";

const momentOf = (given: unknown): number => (typeof given === "number" ? given : typeof given === "string" ? Date.parse(given) : Number.NaN);

/** `{"timestamp":…,"message":…}` says what to write and of when; everything else is written as it is, of now ("Amazon CloudWatch Logs log groups as targets", EventBridge user guide). */
const logEventOf = (payload: string, now: number): { timestamp: number; message: string } => {
  const asItIs = { timestamp: now, message: payload };
  let given: unknown;
  try {
    given = JSON.parse(payload);
  } catch {
    return asItIs;
  }
  if (typeof given !== "object" || given === null || Object.keys(given).toSorted().join() !== "message,timestamp") return asItIs;
  const { timestamp, message } = given as { timestamp: unknown; message: unknown };
  const moment = momentOf(timestamp);
  return Number.isNaN(moment) ? asItIs : { timestamp: moment, message: typeof message === "string" ? message : JSON.stringify(message) };
};

/** Writes a delivery to a log group, in a stream of the source's own, which is made when it is not there. The group is not. */
export const sendToLogGroup = async ({ call, clock }: Pick<TargetNeeds, "call" | "clock">, { delivery, arn }: Sending, options: CallOptions): Promise<void> => {
  const logGroupName = arn.resource.replace(/^log-group:/, "").replace(/:\*$/, "");
  const { as } = delivery;
  const logStreamName = derivedUuid(delivery.targetArn, as.sourceArn ?? "");
  const put = (expects: readonly string[]) => call("logs", "PutLogEvents", { logGroupName, logStreamName, logEvents: [logEventOf(delivery.payload, clock.now())] }, { ...options, expects });
  const written = await put(["ResourceNotFoundException"]).catch(async (error: unknown) => {
    if (!isApiError(error, "ResourceNotFoundException")) throw error;
    const exists = "ResourceAlreadyExistsException";
    await call("logs", "CreateLogStream", { logGroupName, logStreamName }, { ...options, expects: [exists] }).catch((refused: unknown) => {
      if (!isApiError(refused, exists)) throw refused;
    });
    return put([]);
  });
  if (written.rejectedLogEventsInfo !== undefined) throw new TargetError("gone", "INVALID_PARAMETER", `the log group ${logGroupName} does not take an event of this time: it is too old, or too far ahead`);
};
