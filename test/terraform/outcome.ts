import type { Outcome } from "../support/terraform.ts";

/** What a command did, or a plan would do, within one module. */
export interface Within {
  imported: number;
  added: number;
  changed: number;
  destroyed: number;
  /** The addresses that an error names. */
  failed: string[];
}

const DONE: Record<keyof Omit<Within, "failed">, string> = { imported: "Import complete", added: "Creation complete", changed: "Modifications complete", destroyed: "Destruction complete" };

export const NOTHING: Within = { imported: 0, added: 0, changed: 0, destroyed: 0, failed: [] };

/** Each whole, with where it is; warnings are written in the same way. */
export const errorsOf = (said: string): string[] => said.split(/^(?=(?:Error|Warning): )/m).filter((block) => block.startsWith("Error: "));

/** The lines of a command about one module: its summary counts them all. */
export const within = (module: string, { said }: Outcome): Within => {
  const count = (words: string) => said.match(new RegExp(`^module\\.${module}\\..*: ${words}`, "gm"))?.length ?? 0;
  return {
    imported: count(DONE.imported), added: count(DONE.added), changed: count(DONE.changed), destroyed: count(DONE.destroyed),
    failed: errorsOf(said).flatMap((error) => new RegExp(`\\bwith module\\.${module}\\.(.+),$`, "m").exec(error)?.[1] ?? []),
  };
};

/** What a plan would change of one module: "aws_sqs_queue.work will be updated in-place". */
export const changesOf = (module: string, { said }: Outcome): string[] => [...said.matchAll(new RegExp(`^ *# module\\.${module}\\.(.+)$`, "gm"))].map(([, change]) => change!);
