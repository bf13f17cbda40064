import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EnvironmentState, Invocation } from "../../src/executor/executor.ts";
import { createLifecycle, TRANSITIONS, type Moment } from "../../src/executor/transitions.ts";
import type { PackageFile } from "../support/functions.ts";
import { zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { play, stories, type Init, type Story } from "./environment-ground.ts";
import { createFakeEnvironment } from "./fake-environment.ts";
import type { FakeProgram } from "./fake-sandbox.ts";
import { createGround } from "./ground.ts";

const listeners = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;

describe("the transition table", () => {
  const momentOf = (state: EnvironmentState): Moment => (state === "idle" ? { state, freezing: undefined } : state === "frozen" ? { state, done: Promise.resolve() } : { state });
  const states = Object.keys(TRANSITIONS) as EnvironmentState[];

  it("leads from everywhere to the end, and from the end nowhere", () => {
    for (const from of states.filter((state) => state !== "stopping" && state !== "dead")) expect(TRANSITIONS[from]).toContain("stopping");
    expect([TRANSITIONS.stopping, TRANSITIONS.dead]).toEqual([["dead"], []]);
  });

  it("is kept in every order of events, and what belongs to a state ends with it", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...states)), (wanted) => {
      let armed = 0;
      const lifecycle = createLifecycle(() => new Error("over"));
      let state: EnvironmentState = "starting";
      for (const next of wanted) {
        const moment = momentOf(next);
        if (moment.state === "idle") moment.freezing = { cancel: () => void armed-- };
        let isTaken = true;
        try {
          lifecycle.become(moment);
        } catch {
          isTaken = false;
        }
        expect(isTaken).toBe(TRANSITIONS[state].includes(next));
        if (isTaken && next === "idle") armed++;
        if (isTaken) state = next;
        expect(lifecycle.at.state).toBe(state);
        expect(armed).toBe(state === "idle" ? 1 : 0);
      }
    }));
  });
});

const RUNTIME = "/2018-06-01/runtime/invocation";
const EXTENSION = "/2020-01-01/extension";
const forever = () => new Promise<never>(() => {});

/** The same two programs as below, as functions. */
const fakePrograms = (init: Init): { runtime: FakeProgram; extension: FakeProgram } => {
  let hasFailed = false;
  const once = (kind: Init) => init === kind && !hasFailed && (hasFailed = true);
  return {
    async runtime({ ask }) {
      if (once("runtime-exits-once")) return 3;
      if (once("runtime-hangs-once")) return forever();
      for (;;) {
        const { headers, body } = await ask("GET", `${RUNTIME}/next`);
        const id = headers["lambda-runtime-aws-request-id"] as string;
        const what = JSON.parse(body) as string;
        if (what === "exit") return 4;
        if (what === "hang") return forever();
        await ask("POST", `${RUNTIME}/${id}/${what === "error" ? "error" : "response"}`, {}, "{}");
      }
    },
    async extension({ ask }) {
      if (once("extension-exits-once")) return 5;
      const { headers } = await ask("POST", `${EXTENSION}/register`, { "Lambda-Extension-Name": "e" }, '{"events":["INVOKE","SHUTDOWN"]}');
      const mine = { "Lambda-Extension-Identifier": headers["lambda-extension-identifier"] as string };
      for (;;) {
        const event = JSON.parse((await ask("GET", `${EXTENSION}/event/next`, mine)).body) as { eventType: string; invokedFunctionArn: string };
        if (event.eventType === "SHUTDOWN") return 0;
        const what = event.invokedFunctionArn.split(":").at(-1)!;
        if (what === "crash") return 6;
        if (what === "hang") return forever();
        if (what === "exit-error") {
          await ask("POST", `${EXTENSION}/exit/error`, { ...mine, "Lambda-Extension-Function-Error-Type": "E" }, "{}");
          return 1;
        }
      }
    },
  };
};

const playFake = async (story: Story): Promise<void> => {
  const { environment, wall, sandbox, ground, stopped } = await createFakeEnvironment(fakePrograms(story.init), { timeoutSeconds: 1 });
  const before = listeners();
  await play({ environment, wall, everyMs: 1, invocation: (runtime, extension): Invocation => ({ ...ground.invocation(runtime), invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:f:${extension}` }) }, story);
  expect(sandbox.left).toEqual({ programs: 0, isListening: false, isDestroyed: true });
  expect([environment.state, stopped()]).toEqual(["dead", 1]);
  expect(listeners()).toBeLessThanOrEqual(before);
  // Nothing of it waits for a later moment, either.
  expect(await wall.advance(60 * 60_000)).toEqual([]);
};

describe("an environment", () => {
  it("leaves no program and no listener behind, and every invocation comes to its end, whatever happens in whatever order", { timeout: 300_000 }, async () => {
    await fc.assert(fc.asyncProperty(stories(8), playFake), { numRuns: 40, endOnFailure: true });
  });
});

const HTTP = `
ask() { # method path headers body: the answer is in $answer
  exec 3<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}" || exit 9
  printf '%s %s HTTP/1.1\\r\\nHost: api\\r\\nConnection: close\\r\\n%sContent-Length: %s\\r\\n\\r\\n%s' "$1" "$2" "$3" "\${#4}" "$4" >&3
  answer=$(tr -d '\\r' <&3); exec 3>&-
}
header() { grep -i "^$1: " <<<"$answer" | head -1 | cut -d' ' -f2; }
once() { [ "$INIT" = "$1" ] && [ ! -e "\${TMPDIR:-/tmp}/mark" ] && : > "\${TMPDIR:-/tmp}/mark"; }
`;
const BASH_RUNTIME = `#!/bin/bash
${HTTP}
once runtime-exits-once && exit 3
once runtime-hangs-once && sleep 1000
while :; do
  ask GET ${RUNTIME}/next "" ""
  id=$(header lambda-runtime-aws-request-id)
  case "$answer" in
    *'"exit"') exit 4 ;;
    *'"hang"') sleep 1000 ;;
    *'"error"') ask POST "${RUNTIME}/$id/error" "" "{}" ;;
    *) ask POST "${RUNTIME}/$id/response" "" "{}" ;;
  esac
done
`;
const BASH_EXTENSION = `#!/bin/bash
${HTTP}
once extension-exits-once && exit 5
sleep 1000 &
ask POST ${EXTENSION}/register $'Lambda-Extension-Name: e\\r\\n' '{"events":["INVOKE","SHUTDOWN"]}'
id=$'Lambda-Extension-Identifier: '"$(header lambda-extension-identifier)"$'\\r\\n'
while :; do
  ask GET ${EXTENSION}/event/next "$id" ""
  case "$answer" in
    *'"SHUTDOWN"'*) exit 0 ;;
    *':crash"'*) exit 6 ;;
    *':hang"'*) sleep 1000 ;;
    *':exit-error"'*) ask POST ${EXTENSION}/exit/error "$id"$'Lambda-Extension-Function-Error-Type: E\\r\\n' "{}"; exit 1 ;;
  esac
done
`;

/** Processes of this machine that were told where this Runtime API is. */
const processesNaming = (mark: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
/** The groups of this sandbox, wherever the kernel has them. */
const groupsNamed = (id: string, directory = "/sys/fs/cgroup", depth = 0): string[] => {
  if (depth > 6 || !existsSync(directory)) return [];
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name }) => (name === id ? [`${directory}/${name}`] : groupsNamed(id, `${directory}/${name}`, depth + 1)));
  } catch {
    return [];
  }
};

describe.each(isolations)("an environment of real processes under %s", (isolation) => {
  it("leaves no process, no listener, no folder, no group and no package behind", { timeout: 300_000 }, async () => {
    const ground = createGround({ isolation });
    const executable = (content: string): PackageFile => ({ content, mode: 0o755 });
    const layer = await zipOf({ "extensions/e": executable(BASH_EXTENSION) });
    let played = 0;
    await fc.assert(fc.asyncProperty(stories(4), async (story) => {
      const mark = `STORY=${process.pid}-${isolation}-${played++}-`;
      const target = await ground.target({ bootstrap: executable(BASH_RUNTIME) }, { runtime: "provided.al2023", timeoutSeconds: 1, revisionId: mark, environment: { INIT: story.init, STORY: mark.slice("STORY=".length) } }, [layer]);
      const before = listeners();
      const environment = await ground.executor.createEnvironment(target);
      await play({ environment, wall: ground.wall, everyMs: 10, invocation: (runtime, extension) => ({ ...ground.invocation(runtime), invokedFunctionArn: `${target.functionArn}:${extension}` }) }, story);
      expect(environment.state).toBe("dead");
      expect(processesNaming(mark)).toEqual([]);
      expect(groupsNamed(environment.id)).toEqual([]);
      expect(existsSync(`${ground.dataDirectory}/sandboxes/${environment.id}`)).toBe(false);
      expect(listeners()).toBeLessThanOrEqual(before);
    }), { numRuns: 6, endOnFailure: true });
  });
});
