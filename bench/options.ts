export interface Options {
  isQuick: boolean;
  isJson: boolean;
  isolations: readonly string[];
  /** Names of benches; empty: all. */
  only: readonly string[];
}

const WITH_VALUE = ["--isolation", "--only"];
const KNOWN = ["--quick", "--json", ...WITH_VALUE];

/** `--quick`, `--json`, `--isolation process,bubblewrap`, `--only cold-start,burst`. */
export const readOptions = (args: readonly string[]): Options => {
  const unknown = args.find((arg, i) => !KNOWN.includes(arg) && !WITH_VALUE.includes(args[i - 1] ?? ""));
  if (unknown !== undefined) {
    console.error(`${unknown} is no option of a bench: it knows ${KNOWN.join(", ")}`);
    process.exit(2);
  }
  const listOf = (name: string): string[] | undefined => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? "").split(",").filter((one) => one !== "") : undefined);
  return { isQuick: args.includes("--quick"), isJson: args.includes("--json"), isolations: listOf("--isolation") ?? ["process", "bubblewrap"], only: listOf("--only") ?? [] };
};
