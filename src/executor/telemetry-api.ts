import { EXTENSION_REQUEST_BYTES_MAX } from "../kit/limits/runtime.ts";
import { callerOf } from "./extensions-api.ts";
import type { Extensions } from "./extensions.ts";
import { fault, readBody, type LocalApi } from "./local-api.ts";
import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";
import type { PlatformEvent } from "./platform-events.ts";
import { readSubscription, type Subscription } from "./subscription.ts";
import type { Telemetry } from "./telemetry.ts";

interface Needs {
  extensions: Pick<Extensions, "byId">;
  telemetry: Telemetry;
  /** A moment of the platform's: it goes to the log, too. */
  tell(event: PlatformEvent): void;
}

/** The two APIs, the Logs API being the older one that the other supersedes. */
const APIS: Readonly<Record<string, { api: Subscription["api"]; name: string; prefix: string; invalid: string; event: "telemetrySubscription" | "logsSubscription" }>> = {
  "/2022-07-01/telemetry": { api: "telemetry", name: "Telemetry API", prefix: "Telemetry", invalid: "ValidationError", event: "telemetrySubscription" },
  "/2020-08-15/logs": { api: "logs", name: "Logs API", prefix: "Logs", invalid: "Logs.ValidationError", event: "logsSubscription" },
};

const parse = (body: Buffer | undefined): unknown => {
  try {
    return JSON.parse(body?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
};

/** Subscribe of the Telemetry API and of the Logs API, on the listener of the Runtime API. Sources: "Lambda Telemetry API reference", "Lambda Logs API". */
export const createTelemetryApi = ({ extensions, telemetry, tell }: Needs): LocalApi => {
  const subscribe = async (request: LocalRequest, response: LocalResponse, { api, name, prefix, invalid, event }: typeof APIS[string]) => {
    const body = await readBody(request, EXTENSION_REQUEST_BYTES_MAX);
    const extension = callerOf(request, response, extensions, (id) => `Unknown extension ${id}`);
    if (extension === undefined) return;
    if (telemetry.areSubscriptionsClosed) return fault(response, 403, `${prefix}.SubscriptionClosed`, `${name} subscription is closed already`);
    const subscription = readSubscription(api, parse(body));
    if ("complaint" in subscription) return fault(response, 400, invalid, subscription.complaint);
    const before = telemetry.subscriptionOf(extension.name);
    if (before !== undefined && before.api !== api) return fault(response, 400, invalid, `the extension has subscribed through the ${before.api === "logs" ? "Logs API" : "Telemetry API"} already`);
    telemetry.subscribe(extension.name, subscription);
    if (before === undefined) tell({ type: event, name: extension.name, types: subscription.types });
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 4 }).end('"OK"');
  };

  return (request, response) => {
    const of = APIS[request.url.replace(/\/$/, "")];
    if (request.method !== "PUT" || of === undefined) return false;
    void subscribe(request, response, of).catch(() => response.destroy());
    return true;
  };
};
