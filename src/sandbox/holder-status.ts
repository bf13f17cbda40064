import type { Readable } from "node:stream";

/** What the first process of a sandbox tells of its runs, a line each. */
export interface StatusEvents {
  ready(): void;
  started(run: string, pid: number): void;
  exited(run: string, status: number): void;
  /** Number so and so begins; everything has ended. */
  resetting(number: number): void;
  reset(): void;
}

const LINE_CHARACTERS_MAX = 200;

export const followStatus = (output: Readable, events: StatusEvents): void => {
  const onLine = (line: string) => {
    if (line.length > LINE_CHARACTERS_MAX) return;
    const [, word, name = "", number = ""] = /^(ready|started|exited|resetting|reset)(?: (\S+))?(?: (\d{1,10}))?$/.exec(line) ?? [];
    if (word === "ready") events.ready();
    if (word === "started") events.started(name, Number(number));
    if (word === "exited" && number !== "") events.exited(name, Number(number));
    if (word === "resetting") events.resetting(Number(name));
    if (word === "reset") events.reset();
  };
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    // Of a line without an end no more is kept than shows that it is too long.
    rest = lines.pop()!.slice(0, LINE_CHARACTERS_MAX + 1);
    lines.forEach(onLine);
  });
};
