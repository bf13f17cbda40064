import pino from "pino";
import type { Log } from "../kit/log.ts";
import type { Settings } from "./settings.ts";

interface Sink {
  write(text: string): unknown;
}

const LEVELS: Record<number, string> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };
const OWN = new Set(["level", "time", "msg"]);

/** The server's log on stderr: a line a person reads, or pino's JSON. */
export const createServerLog = ({ logLevel, logFormat }: Pick<Settings, "logLevel" | "logFormat">, stderr: Sink): Log => {
  const destination = logFormat === "json" ? stderr : { write: (line: string) => stderr.write(textLine(line)) };
  const logger = pino({ level: logLevel, base: null }, destination as pino.DestinationStream);
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: Record<string, unknown> = {}) =>
      logger[level](fields, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
};

const textLine = (json: string): string => {
  const entry = JSON.parse(json) as Record<string, unknown> & { level: number; time: number; msg: string };
  const fields = Object.entries(entry).filter(([key]) => !OWN.has(key));
  const time = new Date(entry.time).toISOString().slice(11, 23);
  return `${[time, (LEVELS[entry.level] ?? "info").padEnd(5), entry.msg, ...fields.map(([key, value]) => `${key}=${fieldText(value)}`)].join(" ")}\n`;
};

/** On one line, whatever it holds. */
const fieldText = (value: unknown): string => (typeof value === "string" && /^[\w:/.@$-]+$/.test(value) ? value : JSON.stringify(value));
