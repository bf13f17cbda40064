import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Command } from "commander";
import { wallNow } from "../../kit/clock.ts";
import { CliError, usageError } from "../cli-error.ts";
import { createClients } from "../clients.ts";
import { clientCommand, type ClientContext, type Exit, type Outcome } from "../command.ts";
import type { Output } from "../output.ts";

type Clients = Awaited<ReturnType<typeof createClients>>;

interface Line {
  time: string;
  function: string;
  stream: string;
  message: string;
  eventId: string;
}

const POLL_MS = 500;
/** FilterLogEvents reads backwards only from 2024 on. */
const EARLIEST = Date.UTC(2024, 0, 1);
/** Events may arrive with a time that lies a little back: a poll looks again this far. */
const OVERLAP_MS = 10_000;
const LAMBDA_GROUP = "/aws/lambda/";
const COLORS = ["cyan", "magenta", "green", "yellow", "blue"] as const;

export const addLogs = (program: Command, exit: Exit): void => {
  const command = program
    .command("logs")
    .description("what functions wrote; all functions when none is named")
    .argument("[functions...]", "names of functions, or of log groups")
    .option("-f, --follow", "go on with what is written from now on")
    .option("-n, --lines <number>", "how many of the last lines", "100")
    .option("--since <when>", "only from then on: 10m, 2h, or a date")
    .option("--filter <pattern>", "a CloudWatch Logs filter pattern")
    .option("--request-id <id>", "only the lines of one invocation");
  clientCommand(command, exit, async (context, ...names) => showLogs(context, names.filter((name) => name !== undefined)));
};

const showLogs = async (context: ClientContext, names: readonly string[]): Promise<Outcome> => {
  const { out, client, options } = context;
  const limit = readCount(String(options["lines"]));
  const since = options["since"] === undefined ? EARLIEST : readSince(String(options["since"]));
  const pattern = options["filter"] === undefined ? undefined : String(options["filter"]);
  const clients = await createClients(client);
  const groups = names.length > 0 ? await Promise.all(names.map((name) => groupOf(clients, name))) : await allGroups(clients);
  const print = createPrinter(out, groups.length > 1 || names.length === 0);
  if (options["requestId"] !== undefined) {
    const lines = (await Promise.all(groups.map((group) => linesOfRequest(clients, group, String(options["requestId"]))))).flat();
    if (lines.length === 0) throw noSuchRequest(String(options["requestId"]));
    if (!out.isJson) lines.forEach(print);
    out.succeed({ events: lines });
    return {};
  }
  const query = { since, pattern, limit };
  const last = (await Promise.all(groups.map((group) => lastLines(clients, group, query)))).flat().toSorted(byTime).slice(-limit);
  if (options["follow"] !== true) {
    if (!out.isJson) last.forEach(print);
    if (last.length === 0) out.note("no log lines");
    out.succeed({ events: last });
    return {};
  }
  last.forEach(print);
  return follow(context, clients, { groups: () => (names.length > 0 ? groups : allGroups(clients)), seen: last, pattern, print });
};

const byTime = (a: Line, b: Line) => (a.eventId < b.eventId ? -1 : 1);

const readCount = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 10_000) return Number(text);
  throw usageError(`--lines cannot be ${JSON.stringify(text)}`, "it must be a number from 1 to 10000", ["lambdad logs -n 100"]);
};

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const readSince = (text: string): number => {
  const relative = /^(\d+)([smhd])$/.exec(text);
  const at = relative ? wallNow() - Number(relative[1]) * UNIT_MS[relative[2]!]! : Date.parse(text);
  if (Number.isNaN(at)) throw usageError(`--since cannot be ${JSON.stringify(text)}`, "it must be a time ago, or a date", ["--since 10m, or --since 2026-11-24T12:00:00Z"]);
  return Math.max(at, EARLIEST);
};

/** A function may write to a group of another name. */
const groupOf = async ({ lambda }: Clients, name: string): Promise<string> => {
  if (name.startsWith("/")) return name;
  const { GetFunctionConfigurationCommand } = await import("@aws-sdk/client-lambda");
  const configuration = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  return configuration.LoggingConfig?.LogGroup ?? `${LAMBDA_GROUP}${configuration.FunctionName ?? name}`;
};

const allGroups = async ({ logs }: Clients): Promise<string[]> => {
  const { paginateDescribeLogGroups } = await import("@aws-sdk/client-cloudwatch-logs");
  const names: string[] = [];
  for await (const page of paginateDescribeLogGroups({ client: logs }, {})) names.push(...page.logGroups!.map((group) => group.logGroupName!));
  return names;
};

const toLine = (group: string, event: FilteredLogEvent): Line => ({
  time: new Date(event.timestamp!).toISOString(),
  function: group.startsWith(LAMBDA_GROUP) ? group.slice(LAMBDA_GROUP.length) : group,
  stream: event.logStreamName!,
  message: event.message!.replace(/\n$/, ""),
  eventId: event.eventId!,
});

/** A function that has not run yet has no group: that is no error here. */
const orNone = <T>(error: unknown): T[] => {
  if ((error as Error).name === "ResourceNotFoundException") return [];
  throw error;
};

const lastLines = async ({ logs }: Clients, group: string, query: { since: number; pattern: string | undefined; limit: number }): Promise<Line[]> => {
  const { paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
  const { since, pattern, limit } = query;
  const read = async () => {
    const events: FilteredLogEvent[] = [];
    const input = { logGroupName: group, startTime: since, startFromHead: false, limit, ...(pattern === undefined ? {} : { filterPattern: pattern }) };
    for await (const page of paginateFilterLogEvents({ client: logs }, input)) {
      events.push(...page.events!);
      if (events.length >= limit) break;
    }
    return events.slice(0, limit).map((event) => toLine(group, event));
  };
  return read().catch(orNone<Line>);
};

interface Following {
  groups(): string[] | Promise<string[]>;
  seen: readonly Line[];
  pattern: string | undefined;
  print(line: Line): void;
}

const follow = async ({ wall }: ClientContext, clients: Clients, { groups, seen, pattern, print }: Following): Promise<never> => {
  const { paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
  const printed = new Set<string>();
  // The first look reaches back behind what was shown; what stands there was left out on purpose.
  let newest = seen.at(-1)?.eventId ?? "";
  let from = wallNow() - OVERLAP_MS;
  for (;;) {
    const started = wallNow();
    const lines: Line[] = [];
    for (const group of await groups()) {
      const read = async () => {
        const input = { logGroupName: group, startTime: from, ...(pattern === undefined ? {} : { filterPattern: pattern }) };
        for await (const page of paginateFilterLogEvents({ client: clients.logs }, input)) lines.push(...page.events!.map((event) => toLine(group, event)));
        return [];
      };
      await read().catch(orNone);
    }
    for (const line of lines.filter(({ eventId }) => !printed.has(eventId)).toSorted(byTime)) {
      printed.add(line.eventId);
      if (line.eventId > newest) print(line);
    }
    newest = "";
    from = started - OVERLAP_MS;
    // What lies before the next look cannot come again.
    if (printed.size > 10_000) for (const id of [...printed].slice(0, 5_000)) printed.delete(id);
    await wall.sleep(POLL_MS);
  }
};

/** The lines of one invocation stand together in its environment's stream, from INIT_START or START to REPORT. */
const linesOfRequest = async (clients: Clients, group: string, requestId: string): Promise<Line[]> => {
  const { paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
  const read = async (input: { filterPattern?: string; logStreamNames?: string[] }) => {
    const events: FilteredLogEvent[] = [];
    for await (const page of paginateFilterLogEvents({ client: clients.logs }, { logGroupName: group, ...input })) events.push(...page.events!);
    return events.map((event) => toLine(group, event));
  };
  const mentions = await read({ filterPattern: JSON.stringify(requestId) }).catch(orNone<Line>);
  const streams = [...new Set(mentions.map(({ stream }) => stream))];
  const lines = await Promise.all(streams.map(async (stream) => sliceRequest(await read({ logStreamNames: [stream] }), requestId)));
  return lines.flat().toSorted(byTime);
};

const sliceRequest = (lines: readonly Line[], requestId: string): Line[] => {
  const isOwn = ({ message }: Line) => message.includes(requestId);
  const first = lines.findIndex(isOwn);
  const last = lines.findLastIndex(isOwn);
  const before = lines.slice(0, first).findLastIndex(({ message }) => message.startsWith("REPORT ") || message.includes('"platform.report"'));
  return lines.slice(before + 1, last + 1);
};

const noSuchRequest = (requestId: string): CliError =>
  new CliError("NO_LOG", `no log line of request ${requestId}`, {
    why: "the invocation wrote none, its role may not write logs, or they are gone",
    actions: [`see its story: lambdad why ${requestId}`],
  });

const createPrinter = (out: Output, showsFunction: boolean) => {
  const colors = new Map<string, (typeof COLORS)[number]>();
  return (line: Line): void => {
    if (out.isJson) return out.object(line);
    const color = colors.get(line.function) ?? COLORS[colors.size % COLORS.length]!;
    colors.set(line.function, color);
    out.line([out.paint("dim", line.time), ...(showsFunction ? [out.paint(color, line.function)] : []), line.message].join(" "));
  };
};
