import type { LogFormat } from "./log-format.ts";
import type { LogStream } from "./log-stream.ts";
import type { PlatformEvent } from "./platform-events.ts";
import type { Telemetry } from "./telemetry.ts";

/** Tells a moment of the platform's once: to the log, as its format and level have it, and to all who subscribed to telemetry. */
export type TellPlatform = (event: PlatformEvent) => void;

export const createPlatformLog = ({ format, logs, telemetry }: { format: LogFormat; logs: Pick<LogStream, "system">; telemetry: Pick<Telemetry, "platform"> }): TellPlatform => (event) => {
  logs.system(format(event));
  telemetry.platform(event);
};
