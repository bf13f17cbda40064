/** AWS turns these features off where Node.js turned them on by default, unless NODE_OPTIONS asks for them ("Building Lambda functions with Node.js"). */
const EXPERIMENTS: Readonly<Record<string, readonly ("require-module" | "detect-module")[]>> = {
  "nodejs20.x": ["require-module"],
  "nodejs22.x": ["require-module", "detect-module"],
};
/** The minor version, by major version, that turned a feature on; older ones may not know its flag. From 26 on the flags may be gone. */
const ON_SINCE: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  "require-module": { 20: 19, 22: 12, 23: 0, 24: 0, 25: 0 },
  "detect-module": { 20: 19, 22: 7, 23: 0, 24: 0, 25: 0 },
};
const isOn = (feature: string, version: string): boolean => {
  const [major, minor] = version.split(".").map(Number);
  return minor! >= (ON_SINCE[feature]![major!] ?? Infinity);
};
const HEADER_BYTES = 81_920;
/** Part of the memory that new objects take, of which half is a semi-space; the rest of it is V8's old space. */
const NEW_SPACE = 0.1;

interface Sizes {
  memoryMb: number;
  environment: Readonly<Record<string, string>>;
}

/** What stands between Node.js, of this version, and our runtime client, as AWS starts its own. */
export const nodeArgs = (runtime: string, version: string, { memoryMb, environment }: Sizes): string[] => {
  const options = environment["NODE_OPTIONS"] ?? "";
  const newSpace = Math.floor(memoryMb * NEW_SPACE);
  const sizes = /--max[-_](old|semi)[-_]space[-_]size/.test(options) ? [] : [`--max-semi-space-size=${Math.max(1, Math.floor(newSpace / 2))}`, `--max-old-space-size=${memoryMb - newSpace}`];
  const off = (EXPERIMENTS[runtime] ?? []).filter((feature) => isOn(feature, version) && !options.includes(`--experimental-${feature}`));
  return [`--max-http-header-size=${HEADER_BYTES}`, ...off.map((feature) => `--no-experimental-${feature}`), ...sizes];
};

/** No packages of this machine's user, and nothing is written beside the code. */
export const PYTHON_ARGS = ["-s", "-B"];
