import type { Runtime } from "@aws-sdk/client-lambda";

export interface ProgramFile {
  content: string | Buffer;
  /** 0o644 unless it is said. */
  mode?: number;
}

/** A function, and the same handler without a platform: what calls it once with `{"id": …}` and prints the result. */
export interface Program {
  name: string;
  runtime: Runtime;
  handler: string;
  /** The package. Its handler returns the event's id, and whether this was the first invocation of its environment. */
  files: Readonly<Record<string, ProgramFile>>;
  bare: {
    /** The program that the server runs the function with, too. */
    command: string;
    /** In a folder that holds the package's files and these; the event's JSON comes behind the arguments. */
    args: readonly string[];
    files: Readonly<Record<string, ProgramFile>>;
    /** By name, to what they lead. */
    links?: Readonly<Record<string, string>>;
    /** Commands that are run in that folder once. */
    prepare?: readonly (readonly [string, ...string[]])[];
  };
}

/** What can be run here, or why it cannot. */
export type Found = Program | string;

export const isProgram = (found: Found): found is Program => typeof found !== "string";
