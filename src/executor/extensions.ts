import type { Random } from "../kit/random.ts";
import type { ProcessExit } from "../sandbox/sandbox.ts";

export type ExtensionEvent = "INVOKE" | "SHUTDOWN";
/** AWS's names for where an extension is. */
export type ExtensionState = "Started" | "Registered" | "Ready" | "Running" | "InitError" | "ExitError" | "LaunchError" | "ShutdownFailed" | "Exited";

/** One extension of one run. An external one is a program of its own, an internal one is part of the runtime. */
export interface Extension {
  readonly name: string;
  /** What it is known by after it has registered. */
  readonly id: string;
  readonly isExternal: boolean;
  state: ExtensionState;
  events: readonly ExtensionEvent[];
  errorType?: string;
  /** Its open request for an event, which takes the event's JSON. */
  waiting?: ((event: string) => void) | undefined;
  /** An event that it has not asked for yet. */
  due?: string | undefined;
}

/** All extensions of one run of the runtime: who they are, and where they stand. */
export interface Extensions {
  readonly all: readonly Extension[];
  add(name: string, isExternal: boolean): Extension;
  byName(name: string): Extension | undefined;
  byId(id: string): Extension | undefined;
  isRegistrationClosed: boolean;
  /** Every external one has registered. */
  readonly areRegistered: boolean;
  /** Every one has asked for an event; during an invocation those that were told of it. */
  readonly areReady: boolean;
  sendInvoke(event: string): void;
  /** Those that were told; the others are not waited for. */
  sendShutdown(event: string): Extension[];
  /** It asks for an event. */
  ask(extension: Extension, give: (event: string) => void): void;
  /** Its program has ended, although nobody asked it to. */
  exited(extension: Extension, exit: ProcessExit): void;
}

export const createExtensions = ({ random, onChange }: { random: Random; onChange: () => void }): Extensions => {
  const all: Extension[] = [];
  const give = (extension: Extension, event: string) => {
    extension.state = "Running";
    if (extension.waiting === undefined) {
      extension.due = event;
      return;
    }
    extension.waiting(event);
    extension.waiting = undefined;
  };

  return {
    all,
    isRegistrationClosed: false,
    add(name, isExternal) {
      const extension: Extension = { name, id: random.uuid(), isExternal, state: "Started", events: [] };
      all.push(extension);
      return extension;
    },
    byName: (name) => all.find((one) => one.name === name),
    byId: (id) => all.find((one) => one.id === id.toLowerCase() && one.state !== "Started"),
    get areRegistered() { return all.every(({ isExternal, state }) => !isExternal || state !== "Started"); },
    // Those that were not told of an invocation stay Ready.
    get areReady() { return all.every(({ state }) => state === "Ready"); },
    sendInvoke(event) {
      for (const extension of all) if (extension.events.includes("INVOKE")) give(extension, event);
    },
    sendShutdown(event) {
      const told = all.filter(({ isExternal, events, state }) => isExternal && events.includes("SHUTDOWN") && (state === "Ready" || state === "Running"));
      for (const extension of told) give(extension, event);
      return told;
    },
    ask(extension, take) {
      if (extension.due === undefined) {
        extension.state = "Ready";
        extension.waiting = take;
        onChange();
        return;
      }
      take(extension.due);
      extension.due = undefined;
    },
    exited(extension, exit) {
      extension.waiting = undefined;
      if (extension.state === "InitError" || extension.state === "ExitError") return;
      extension.state = exit.code === 0 ? "Exited" : "ShutdownFailed";
    },
  };
};
