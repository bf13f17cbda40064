import type { Command } from "commander";
import type { LedgerEntry, LedgerStory } from "../../kit/ledger.ts";
import { CliError } from "../cli-error.ts";
import { clientCommand, type Exit } from "../command.ts";
import type { ClientConfig } from "../config.ts";
import { callPlatform } from "../platform-client.ts";
import { storyLines } from "../story.ts";

export const addWhy = (program: Command, exit: Exit): void => {
  const command = program
    .command("why")
    .description("what happened to an event, hop by hop, and which permission was missing")
    .argument("<what>", "a request id, an event id, a message id, a trace id, bucket/key, or the name of a function, queue, rule, topic, schedule or pipe")
    .option("-n, --stories <number>", "how many of the newest stories", "1");
  clientCommand(command, exit, async ({ out, client, options }, what) => {
    const key = what!.replace(/^s3:\/\//, "");
    const stories = await fetchStories(client, key);
    if (stories.length === 0) throw nothingKnown(what!);
    const count = Math.max(1, Number(options["stories"]) || 1);
    const told = stories.slice(0, count);
    if (!out.isJson) {
      for (const story of told) {
        for (const line of storyLines(story, out.paint)) out.line(line);
        for (const group of await groupsWithoutLog(client, story)) out.line(`  ${out.paint("yellow", `! what it wrote does not reach the log group ${group}: lambdad why ${group}`)}`);
      }
      if (stories.length > count) out.note(out.paint("dim", `${stories.length - count} older ${stories.length - count === 1 ? "story" : "stories"}: lambdad why ${what} -n ${stories.length}`));
    }
    out.succeed({ stories: told });
    return {};
  });
};

/** The newest stories that carry this key, newest first; none when nothing is known of it. */
export const fetchStories = async (client: ClientConfig, key: string): Promise<LedgerStory[]> => {
  const { status, body } = await callPlatform(client, "GET", `events/${encodeURIComponent(key)}`, undefined, [404]);
  if (status === 404) return [];
  return (body as { stories: LedgerStory[] }).stories;
};

/** How long after a run the refusal of its log lines may come: they are written behind the work. */
const LOG_WRITE_MS = 60_000;

const isLogRefusal = ({ detail }: LedgerEntry): boolean => {
  const { decision, isEnforced, action } = detail as { decision?: { isAllowed?: boolean }; isEnforced?: boolean; action?: unknown };
  return decision?.isAllowed === false && isEnforced !== false && typeof action === "string" && action.startsWith("logs:");
};

/** Log groups that the lines of the story's runs did not reach, because the function's role may not write them. */
const groupsWithoutLog = async (client: ClientConfig, { entries }: LedgerStory): Promise<string[]> => {
  const runs = entries.filter(({ kind, detail }) => kind === "attempt" && typeof detail["logGroup"] === "string");
  const silent: string[] = [];
  for (const group of new Set(runs.map(({ detail }) => detail["logGroup"] as string))) {
    const refusals = (await fetchStories(client, group)).flatMap((story) => story.entries.filter(isLogRefusal));
    const isSilent = runs.some((run) => run.detail["logGroup"] === group && refusals.some(({ at }) => Math.abs(at - run.at) < LOG_WRITE_MS));
    if (isSilent) silent.push(group);
  }
  return silent;
};

const nothingKnown = (what: string): CliError =>
  new CliError("NOT_FOUND", `nothing is known of ${what}`, {
    why: "no event carries that name, or it is older than what the ledger keeps",
    actions: ["ask with a request id, a message id, a trace id, bucket/key, or a function's name", "see what was called lately: lambdad logs"],
  });
