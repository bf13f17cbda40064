import { styleText } from "node:util";
import { EXIT, type CliError } from "./cli-error.ts";

type Style = Parameters<typeof styleText>[0];

interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** Data goes to stdout, everything else to stderr. With `--json`, stdout holds one envelope, or one object a line for what streams. */
export interface Output {
  readonly isJson: boolean;
  /** A line of data. */
  line(text: string): void;
  /** One object of a stream, on a line of its own. */
  object(value: unknown): void;
  /** A line for the person who watches. */
  note(text: string): void;
  /** A line for them that a script should see too: part of the envelope. */
  warn(text: string): void;
  paint(style: Style, text: string): string;
  succeed(data: unknown): void;
  fail(error: CliError, data?: unknown): void;
}

export const SCHEMA_VERSION = 1;

export const createOutput = (options: { command: string; isJson: boolean; isColor: boolean; stdout: Sink; stderr: Sink }): Output => {
  const { command, isJson, isColor, stdout, stderr } = options;
  const warnings: string[] = [];
  const paint = (style: Style, text: string) => (isColor ? styleText(style, text, { validateStream: false }) : text);
  const note = (text: string) => void stderr.write(`${visibleOn(stderr, text)}\n`);
  const envelope = (status: "ok" | "error", data: unknown, error: unknown) =>
    void stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, command, status, data: data ?? null, warnings, error })}\n`);
  return {
    isJson,
    line: (text) => void stdout.write(`${visibleOn(stdout, text)}\n`),
    object: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note,
    warn(text) {
      warnings.push(text);
      note(`${paint("yellow", "!")} ${text}`);
    },
    paint,
    succeed(data) {
      if (isJson) envelope("ok", data, null);
    },
    fail(error, data) {
      if (isJson) envelope("error", data, describeError(error));
      else for (const line of errorLines(error, paint)) note(line);
    },
  };
};

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROL = /\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What a function wrote may colour a terminal, not steer it. Where no terminal is, data stays as it is. */
const visibleOn = ({ isTTY }: Sink, text: string): string => (isTTY === true ? text.replaceAll(CONTROL, (found) => (found.length > 1 ? found : "\ufffd")) : text);

const describeError = ({ code, category, message, why, isRetryable, actions }: CliError) => ({
  code,
  category,
  message: why === undefined ? message : `${message}: ${why}`,
  retryable: isRetryable,
  actions,
});

/** What, why, what next. */
const errorLines = ({ message, why, actions, code }: CliError, paint: Output["paint"]): string[] => [
  `${paint("red", "✗")} ${message}`,
  ...(why === undefined ? [] : [`  why:  ${why}`]),
  ...actions.map((action, i) => `  ${i === 0 ? "fix:" : "  or"}  ${action}`),
  paint("dim", `  code: ${code}`),
];

export const exitCodeOf = ({ category }: CliError): number => EXIT[category];

/** Colour only where a person looks at both streams, and nobody said no: https://no-color.org. */
export const wantsColor = (isAllowed: boolean, environment: Readonly<Record<string, string | undefined>>, streams: readonly Sink[]): boolean =>
  isAllowed && !environment["NO_COLOR"] && environment["TERM"] !== "dumb" && environment["CI"] === undefined && streams.every(({ isTTY }) => isTTY === true);

/** Columns as wide as their widest cell; the last one is not padded. */
export const tableLines = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join("  ").trimEnd());
};
