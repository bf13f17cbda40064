import type { Command } from "commander";
import { systemRandom } from "../../kit/random.ts";
import { hexId } from "../../kit/ids.ts";
import { createDemoClients } from "../clients.ts";
import { clientCommand, type ClientContext, type Exit, type Outcome } from "../command.ts";
import type { Output } from "../output.ts";
import { callPlatform } from "../platform-client.ts";
import { storyLines } from "../story.ts";
import { chooseApp } from "../demo/app.ts";
import type { Teller } from "../demo/play.ts";
import type { Health } from "./health.ts";
import { fetchStories } from "./why.ts";

export const addDemo = (program: Command, exit: Exit): void => {
  const command = program.command("demo").description("play the whole path against the running server, hop by hop, and clean up");
  clientCommand(command, exit, demo);
};

const demo = async ({ out, client, wall }: ClientContext): Promise<Outcome> => {
  const health = (await callPlatform(client, "GET", "health")).body as Health;
  const [{ playDemo }, { namesFor, removeAll }, clients] = await Promise.all([import("../demo/play.ts"), import("../demo/resources.ts"), createDemoClients(client)]);
  const names = namesFor(hexId(systemRandom, 8));
  const app = chooseApp(health.runtimes);
  const told: string[] = [];
  const began = wall.monotonic();
  try {
    const account = client.account ?? "000000000000";
    const findStory = (key: string) => fetchStories(client, key);
    await playDemo({ clients, names, app, account, wall, teller: createTeller(out, told), findStory });
  } finally {
    for (const left of await removeAll(clients, names)) out.warn(`left behind: ${left}`);
  }
  const milliseconds = Math.round(wall.monotonic() - began);
  if (!out.isJson) out.line(out.paint("green", `\n✓ all six steps in ${(milliseconds / 1000).toFixed(1)} s; everything it made is gone again`));
  out.succeed({ runtime: app.runtime, steps: told, milliseconds });
  return {};
};

const createTeller = (out: Output, told: string[]): Teller => {
  const say = (text: string) => {
    if (!out.isJson) out.line(text);
  };
  return {
    step(title) {
      told.push(title);
      say(`\n${out.paint("bold", title)}`);
    },
    does: (text) => say(`  ${out.paint("dim", "$")} ${text}`),
    sees: (text) => say(`    ${text}`),
    story(story) {
      for (const line of storyLines(story, out.paint)) say(`    ${line}`);
    },
  };
};
