import * as fc from "fast-check";
import type { Environment, Invocation } from "../../src/executor/executor.ts";
import type { AdvanceableClock } from "../../src/kit/clock.ts";
import { eventually } from "../support/temporary.ts";

/** What can happen to an environment. What the programs do comes to them with the invocation. */
export type Happening =
  | { kind: "invoke"; runtime: "answer" | "error" | "exit" | "hang"; extension: "ready" | "crash" | "hang" | "exit-error" }
  | { kind: "rest" }
  | { kind: "wait"; ms: number }
  | { kind: "stop"; turns: number };
export type Init = "ready" | "runtime-exits-once" | "runtime-hangs-once" | "extension-exits-once";

export interface Story {
  init: Init;
  happenings: Happening[];
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("invoke" as const), runtime: fc.constantFrom("answer" as const, "answer" as const, "error" as const, "exit" as const, "hang" as const), extension: fc.constantFrom("ready" as const, "ready" as const, "crash" as const, "hang" as const, "exit-error" as const) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "rest" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 30_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stop" as const), turns: fc.integer({ min: 0, max: 40 }) }) },
);
export const stories = (maxLength: number): fc.Arbitrary<Story> => fc.record({ init: fc.constantFrom<Init>("ready", "ready", "runtime-exits-once", "runtime-hangs-once", "extension-exits-once"), happenings: fc.array(happening, { maxLength }) });

interface Stage {
  environment: Environment;
  wall: AdvanceableClock;
  invocation(runtime: string, extension: string): Invocation;
  /** How long 50 ms of its time take: as short as its programs can follow. */
  everyMs: number;
}

const SETTLED = ["idle", "frozen", "dead"];

/** Lets it all happen, one after the other, and stops the environment. Every invocation must come to its end, whatever it is. */
export const play = async ({ environment, wall, invocation, everyMs }: Stage, { happenings }: Story): Promise<void> => {
  const until = (what: string, look: () => boolean) => eventually(what, async () => (look() ? true : (await wall.advance(50), false)), 60_000, everyMs);
  for (const one of happenings) {
    if (one.kind === "invoke") {
      let isOver = false;
      const over = environment.invoke(invocation(one.runtime, one.extension)).then(() => "report", (error: Error) => error.message).finally(() => (isOver = true));
      await until("the invocation is over", () => isOver);
      const how = await over;
      if (how !== "report" && !how.includes("its environment was stopped")) throw new Error(`the platform failed: ${how}`);
    }
    if (one.kind === "rest") await until("it rests", () => SETTLED.includes(environment.state));
    if (one.kind === "wait") await wall.advance(one.ms);
    if (one.kind === "stop") {
      const over = environment.state === "dead" ? undefined : environment.invoke(invocation("answer", "ready")).catch(() => {});
      for (let turn = 0; turn < one.turns; turn++) await new Promise(setImmediate);
      void environment.stop();
      let isOver = false;
      void Promise.all([over, environment.dead]).then(() => (isOver = true));
      await until("it is stopped", () => isOver);
    }
  }
  let isDead = false;
  void environment.stop();
  void environment.dead.then(() => (isDead = true));
  await until("it is dead", () => isDead);
};
