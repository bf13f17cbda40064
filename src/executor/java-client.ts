import { hash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unzip } from "../kit/zip.ts";
import { runCommand, syncFiles } from "../sandbox/run-command.ts";
import type { Preparation } from "./sdk.ts";

interface Artifact {
  group: string;
  name: string;
  version: string;
  sha256: string;
}

/** AWS's runtime interface client and what it stands on: Apache-2.0, for Java 8 and newer. Nothing else is ever run under these names. */
const ARTIFACTS: readonly Artifact[] = [
  { group: "com.amazonaws", name: "aws-lambda-java-core", version: "1.4.0", sha256: "575c24393cc1ad645e83e618956eabd89ffe8cc09efae2cb62bc6589154d68ed" },
  { group: "com.amazonaws", name: "aws-lambda-java-runtime-interface-client", version: "2.10.1", sha256: "b0dd01f45b7258da0e32ade0bff950b12d0cf279ccebf416ad8c3795af21f1db" },
  { group: "com.amazonaws", name: "aws-lambda-java-serialization", version: "1.2.0", sha256: "1513c1f945a3213f916a4b2de1760c97b51d84d110f82bbbcf9cfac53d5651e7" },
  { group: "software.amazon.awssdk", name: "utils-lite", version: "2.34.0", sha256: "efaf784f07ae526f0b5c89d71ef21cf16636131c47d44616e3df9bedc3f4f89a" },
];
const CLIENT = ARTIFACTS[1]!;
const MAVEN_TIMEOUT_MS = 5 * 60 * 1000;
const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch_64" };

const fileOf = ({ name, version }: Artifact): string => `${name}-${version}.jar`;
/** Below the folder that becomes /var/runtime, as AWS lays it: its jars, and the part of the client that is no Java. */
export const JAVA_JARS: readonly string[] = ARTIFACTS.map((artifact) => join("lib", fileOf(artifact)));
export const JAVA_NATIVE = `lib/jni/libaws-lambda-jni.linux-${MACHINES[process.arch] ?? process.arch}.so`;
const NATIVE_IN_JAR = join("jni", JAVA_NATIVE.split("/").at(-1)!);

export interface JavaClientNeeds {
  dataDirectory: string;
  /** PATH, to find Maven on. */
  searchPath: string;
  /** Of the user: Maven's settings and repository are there. */
  home: string;
  /** A Java for Maven itself. */
  java: string;
}

/** The client in the data directory, or undefined when it is not there whole. */
export const findJavaClient = (dataDirectory: string): string | undefined => {
  const folder = join(dataDirectory, "sdk", "java");
  return [...JAVA_JARS, JAVA_NATIVE].every((name) => existsSync(join(folder, name))) ? folder : undefined;
};

const isGenuine = (path: string, { sha256 }: Artifact): boolean => existsSync(path) && hash("sha256", readFileSync(path), "hex") === sha256;
const inRepository = (home: string, { group, name, version }: Artifact): string => join(home, ".m2/repository", group.replaceAll(".", "/"), name, version, `${name}-${version}.jar`);

/** A project of nothing but the four jars: Maven gets them as it gets everything for this user, by way of their settings, mirrors and proxies. */
const projectOf = (): string =>
  `<project><modelVersion>4.0.0</modelVersion><groupId>lambdad</groupId><artifactId>client</artifactId><version>1</version><packaging>pom</packaging><dependencies>${ARTIFACTS.map(
    ({ group, name, version }) => `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  ).join("")}</dependencies></project>`;

const HOW = ARTIFACTS.map(({ group, name, version }) => `${group}:${name}:${version}`).join(", ");
const unready = (why: string): Preparation => ({
  isReady: false,
  message: `AWS's runtime interface client for Java could not be had, and Java functions cannot run without it: ${why}. Install Maven, or put ${HOW} into ~/.m2/repository, then: lambdad runtimes prepare`,
});

/** Puts the jars into the folder, from the user's repository or through Maven; or says why not. */
const collect = async (folder: string, { searchPath, home, java }: JavaClientNeeds): Promise<string | undefined> => {
  const missing = ARTIFACTS.filter((artifact) => !isGenuine(inRepository(home, artifact), artifact));
  for (const artifact of ARTIFACTS) if (!missing.includes(artifact)) copyFileSync(inRepository(home, artifact), join(folder, fileOf(artifact)));
  if (missing.length === 0) return undefined;
  const project = join(folder, "pom.xml");
  writeFileSync(project, projectOf());
  const args = ["--batch-mode", "--quiet", "--file", project, "dependency:copy-dependencies", `-DoutputDirectory=${folder}`, "-DexcludeTransitive=true"];
  const { code, stdout, stderr } = await runCommand("mvn", args, { timeoutMs: MAVEN_TIMEOUT_MS, env: { PATH: searchPath, HOME: home, JAVA_HOME: dirname(dirname(java)) }, directory: folder });
  rmSync(project);
  if (code === 127) return "it is not in ~/.m2/repository, and there is no Maven (mvn) on PATH";
  if (code !== 0) return `Maven ended with ${code === null ? "the end of its time" : `status ${code}`}: ${(stdout + stderr).trim().split("\n")[0]}`;
  const wrong = ARTIFACTS.find((artifact) => !isGenuine(join(folder, fileOf(artifact)), artifact));
  return wrong === undefined ? undefined : `${fileOf(wrong)} is not the file that its checksum names`;
};

/** Puts AWS's client for Java into the data directory, once, whole or not at all. It is Java 8: one copy serves every version. */
export const prepareJavaClient = async (needs: JavaClientNeeds): Promise<Preparation> => {
  const { dataDirectory } = needs;
  const found = findJavaClient(dataDirectory);
  if (found !== undefined) return { isReady: true, message: `AWS's client for Java is in ${found}` };
  if (process.platform !== "linux") return { isReady: false, message: "Java functions run on Linux only: AWS's runtime interface client is a library of Linux" };
  const target = join(dataDirectory, "sdk", "java");
  mkdirSync(dirname(target), { recursive: true });
  // In a folder of its own: another one may be at it at the same time.
  const making = mkdtempSync(`${target}-`);
  try {
    const lib = join(making, "whole", "lib");
    mkdirSync(join(lib, "jni"), { recursive: true });
    const why = await collect(lib, needs);
    if (why !== undefined) return unready(why);
    await unzip(join(lib, fileOf(CLIENT)), join(making, "client"));
    renameSync(join(making, "client", NATIVE_IN_JAR), join(making, "whole", JAVA_NATIVE));
    // For whoever runs in the sandbox, whatever the user's own files are like.
    for (const name of [...JAVA_JARS, JAVA_NATIVE]) chmodSync(join(making, "whole", name), 0o644);
    await syncFiles(making);
    if (findJavaClient(dataDirectory) === undefined) {
      rmSync(target, { recursive: true, force: true });
      renameSync(join(making, "whole"), target);
    }
    return { isReady: true, message: `AWS's client for Java was put into ${target}` };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
};
