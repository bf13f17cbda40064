import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../kit/assert.ts";
import type { Mount } from "../sandbox/sandbox.ts";
import type { FunctionTarget } from "./executor.ts";
import { interpreterMounts, interpreterOf } from "./interpreter.ts";
import { JAVA_JARS, JAVA_NATIVE } from "./java-client.ts";
import type { Start } from "./start.ts";

const RUNTIME_DIRECTORY = "/var/runtime";
/** Where AWS's client looks for the jars of layers; it can be told no other place. */
const LAYER_JARS = "/opt/java/lib";
const MAIN = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
const NATIVE_PROPERTY = "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI";

const KIB_PER_MIB = 1024;
/** The heap is 85 % of the function's memory, or all but this much of it where that is more. */
const HEAP_PART = 0.85;
const BESIDE_HEAP_MIB = 240;
/** java8 and java11 bound these two as well: a part of the memory, and a most in MiB. */
const METASPACE = [0.1, 160] as const;
const CODE_CACHE = [0.05, 80] as const;

const part = (memoryMb: number, [share, mostMiB]: readonly [number, number]): string => `${Math.min(mostMiB * KIB_PER_MIB, Math.round(share * memoryMb * KIB_PER_MIB))}k`;
const majorOf = (version: string): number => Number(version.split(".")[0]);

/**
 * The options that AWS starts its JVM with, as they were seen in its process list (java8 and java11 until 2020, java17 in 2023 and 2024). Those that a
 * JVM of another version would refuse, or could not live with, go by the version that runs, the others by the one that was asked for.
 */
export const jvmOptions = (runtime: string, version: string, { memoryMb, initializationType }: Pick<FunctionTarget, "memoryMb" | "initializationType">): string[] => {
  const asked = Number(/\d+/.exec(runtime)![0]);
  const runs = majorOf(version);
  const heap = Math.max(Math.ceil(HEAP_PART * memoryMb * KIB_PER_MIB), (memoryMb - BESIDE_HEAP_MIB) * KIB_PER_MIB);
  // Since java25, environments that are made in advance compile all the way ("AWS Lambda now supports Java 25").
  const isQuick = asked >= 17 && !(asked >= 25 && initializationType === "provisioned-concurrency");
  return [
    `-XX:MaxHeapSize=${heap}k`,
    ...(asked < 17 && runs < 17 ? [`-XX:MaxMetaspaceSize=${part(memoryMb, METASPACE)}`, `-XX:ReservedCodeCacheSize=${part(memoryMb, CODE_CACHE)}`] : []),
    "-XX:+UseSerialGC",
    ...(isQuick ? ["-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1"] : asked < 17 ? ["-XX:-TieredCompilation"] : []),
    ...(runs >= 17 ? ["--add-opens=java.base/java.io=ALL-UNNAMED", "-XX:+ErrorFileToStderr"] : []),
    // The client's own library is loaded as AWS loads it; since 24 a JVM warns of that unless it is allowed.
    ...(runs >= 24 ? ["--enable-native-access=ALL-UNNAMED"] : []),
    ...(asked >= 11 ? ["-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"] : []),
    ...(asked < 17 ? ["-Djava.net.preferIPv4Stack=true"] : []),
  ];
};

/** Systems keep parts of a JDK below /etc, as links: its security, its list of JVMs. */
const CONFIGURATION = /^\/etc\/(?!ssl\/|pki\/)[^/]*(?:java|jdk|jvm)[^/]*(?=\/|$)/;
const LINKS_DEPTH = 3;
const configurationOf = (folder: string, depth = LINKS_DEPTH): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth === 1 ? [] : configurationOf(path, depth - 1);
    const found = entry.isSymbolicLink() && existsSync(path) ? CONFIGURATION.exec(realpathSync(path)) : null;
    return found === null ? [] : [found[0]];
  });
const configurationMounts = (java: string): Mount[] => {
  const home = dirname(dirname(realpathSync(java)));
  return [...new Set(["conf", "lib", "jre/lib"].map((name) => join(home, name)).filter((folder) => existsSync(folder)).flatMap((folder) => foldersOf(folder)))].map((path) => ({ source: path, target: path }));
};
/** A folder may be such a link itself. */
const foldersOf = (folder: string): string[] => [...(CONFIGURATION.exec(realpathSync(folder)) ?? []), ...configurationOf(folder)];

/** Java functions: a JVM of this machine under AWS's own runtime interface client, as AWS's runtime has it in /var/runtime. */
export const javaStart: Start = {
  mounts(runtime) {
    const interpreter = interpreterOf(runtime);
    assert(runtime.client !== undefined, `${runtime.name} is run by AWS's client`);
    return [{ source: runtime.client.folder, target: RUNTIME_DIRECTORY }, ...interpreterMounts(interpreter), ...configurationMounts(interpreter.path)];
  },
  program({ runtime, target, sandbox }) {
    const { path, version } = interpreterOf(runtime);
    const [inRuntime, layerJars, tmp] = [(name: string) => sandbox.path(join(RUNTIME_DIRECTORY, name)), sandbox.path(LAYER_JARS), sandbox.path("/tmp")];
    // Without mounts the client finds no layers, and a JVM always takes /tmp.
    const classPath = [...JAVA_JARS.map(inRuntime), ...(layerJars === LAYER_JARS ? [] : [join(layerJars, "*")])].join(":");
    const elsewhere = tmp === "/tmp" ? [] : [`-Djava.io.tmpdir=${tmp}`];
    return { command: path, args: [...jvmOptions(runtime.name, version, target), ...elsewhere, `-D${NATIVE_PROPERTY}=${inRuntime(JAVA_NATIVE)}`, "-classpath", classPath, MAIN, target.handler], hasLog: true };
  },
  variables: ({ target }) => ({ AWS_EXECUTION_ENV: `AWS_Lambda_${target.runtime}` }),
  version(runtime) {
    const [major, , patch] = interpreterOf(runtime).version.split(".");
    return `java:${major}.v${patch}`;
  },
};
