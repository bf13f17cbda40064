import { EXECUTION_LOG_LINE_CHARACTERS_MAX } from "../../../../kit/limits/apis.ts";
import { parseArn } from "../../../../kit/arn.ts";
import { hexId } from "../../../../kit/ids.ts";
import { ACCOUNT_SETTINGS, type StoredAccount } from "../../../../services/apigateway/account-settings.ts";
import { findItem, type Place } from "../../../../plumber/apis/rows.ts";
import type { ApiRoles } from "../../integrated-function.ts";
import { createKept } from "../../kept.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { Exchange } from "../exchange.ts";
import { methodSettingOf } from "../method-settings.ts";
import { accessLine, type Answered } from "./access-log.ts";

type Needs = Pick<FrontDoorNeeds, "store" | "logs" | "random" | "log"> & { roles: ApiRoles };

/** Lines that tell what a client or a function sent. */
const IS_DATA = /^(Method|Endpoint) (request|response) (body|headers|path|query)/;

/**
 * Access logs and execution logs, as the role that the account's settings name: without one nothing is logged. Behind the answers, so that none waits; what finds
 * no room is lost.
 */
export const createCloudWatch = ({ store, logs, random, log, roles }: Needs) => {
  const stream = hexId(random, 32);
  const settings = createKept(store, ["api_item"], (key) => {
    const [account, region] = key.split("/") as [string, string];
    return findItem<StoredAccount>({ account, region }, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS);
  });
  const full = new Set<string>();

  const write = async (place: Place, group: string, name: string, lines: { timestamp: number; message: string }[]): Promise<void> => {
    const role = (await settings(`${place.account}/${place.region}`))?.cloudwatchRoleArn;
    const key = `${place.account}/${place.region}/${group}`;
    if (role === undefined || full.has(key)) return;
    const { caller } = await roles(place, role);
    const room = logs.write({ as: caller, region: place.region, group, stream, functionName: name, lines });
    if (room === undefined) return;
    full.add(key);
    void room.then(() => full.delete(key));
  };
  const writeBehind = (exchange: Exchange, group: string, lines: { timestamp: number; message: string }[]): void => {
    const { compiled, stage } = exchange.serving;
    const name = `API ${compiled.apiId}, stage ${stage}`;
    write(compiled, group, name, lines).catch((error: unknown) => log.warn(`the log lines of ${name} are dropped: ${error instanceof Error ? error.message : String(error)}`, { group }));
  };

  return {
    access(exchange: Exchange, answered: Answered): void {
      const { destinationArn, format } = exchange.serving.accessLogSettings ?? {};
      const group = /^log-group:([^:]+)(:\*)?$/.exec(parseArn(destinationArn ?? "")?.resource ?? "")?.[1];
      if (group === undefined || format === undefined) return;
      writeBehind(exchange, group, [{ timestamp: exchange.startedAt, message: accessLine(format, exchange, answered) }]);
    },
    execution(exchange: Exchange, lines: readonly { timestamp: number; message: string }[]): void {
      const { loggingLevel = "OFF", dataTraceEnabled = false } = methodSettingOf(exchange);
      if (loggingLevel === "OFF" || (loggingLevel === "ERROR" && exchange.failure === undefined)) return;
      const { compiled, stage } = exchange.serving;
      const told = lines.filter(({ message }) => dataTraceEnabled || !IS_DATA.test(message));
      writeBehind(exchange, `API-Gateway-Execution-Logs_${compiled.apiId}/${stage}`, told.map(({ timestamp, message }) => ({ timestamp, message: `(${exchange.requestId}) ${message}`.slice(0, EXECUTION_LOG_LINE_CHARACTERS_MAX) })));
    },
  };
};
