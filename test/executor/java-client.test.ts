import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { jvmOptions } from "../../src/executor/java.ts";
import { findJavaClient, prepareJavaClient } from "../../src/executor/java-client.ts";
import { whyNoJava } from "../support/java.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A PATH with a Maven on it that does what it is told: `$out` is where the jars shall be. */
const pathWithMaven = (script: string): string => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, "mvn"), `#!/bin/sh\nfor each in "$@"; do case "$each" in -DoutputDirectory=*) out="\${each#*=}";; esac; done\n${script}\n`, { mode: 0o755 });
  return `${folder}:/usr/bin:/bin`;
};
const prepare = (over: { searchPath?: string; home?: string; dataDirectory?: string } = {}) => {
  const dataDirectory = over.dataDirectory ?? temporaryDirectory();
  return prepareJavaClient({ searchPath: "", home: temporaryDirectory(), java: "/usr/lib/jvm/java/bin/java", ...over, dataDirectory }).then((told) => ({ ...told, dataDirectory }));
};
const leftIn = (dataDirectory: string) => (existsSync(join(dataDirectory, "sdk")) ? readdirSync(join(dataDirectory, "sdk")) : []);
const MAVEN_FAILS = "AWS's runtime interface client for Java could not be had, and Java functions cannot run without it: ";
const HOW = ". Install Maven, or put com.amazonaws:aws-lambda-java-core:1.4.0, com.amazonaws:aws-lambda-java-runtime-interface-client:2.10.1, com.amazonaws:aws-lambda-java-serialization:1.2.0, software.amazon.awssdk:utils-lite:2.34.0 into ~/.m2/repository, then: lambdad runtimes prepare";

const why = await whyNoJava();

describe("AWS's client for Java", () => {
  it("needs Maven where the user's repository does not have it", async () => {
    const { isReady, message, dataDirectory } = await prepare();
    expect([isReady, message, leftIn(dataDirectory)]).toEqual([false, `${MAVEN_FAILS}it is not in ~/.m2/repository, and there is no Maven (mvn) on PATH${HOW}`, []]);
  });

  it("that Maven cannot get leaves nothing, and says what Maven said", async () => {
    const { isReady, message, dataDirectory } = await prepare({ searchPath: pathWithMaven("echo '[ERROR] no such host'; exit 1") });
    expect([isReady, message, leftIn(dataDirectory)]).toEqual([false, `${MAVEN_FAILS}Maven ended with status 1: [ERROR] no such host${HOW}`, []]);
  });

  it("is nothing but the files that its checksums name, from Maven or from the repository", async () => {
    const home = temporaryDirectory();
    const inRepository = join(home, ".m2/repository/com/amazonaws/aws-lambda-java-core/1.4.0/aws-lambda-java-core-1.4.0.jar");
    mkdirSync(dirname(inRepository), { recursive: true });
    writeFileSync(inRepository, "another one");
    const forged = "for name in aws-lambda-java-core-1.4.0 aws-lambda-java-runtime-interface-client-2.10.1 aws-lambda-java-serialization-1.2.0 utils-lite-2.34.0; do echo forged > $out/$name.jar; done";
    const { isReady, message, dataDirectory } = await prepare({ home, searchPath: pathWithMaven(forged) });
    expect([isReady, message, leftIn(dataDirectory)]).toEqual([false, `${MAVEN_FAILS}aws-lambda-java-core-1.4.0.jar is not the file that its checksum names${HOW}`, []]);
  });

  it("is asked of Maven with the user's settings, and with a Java", async () => {
    const home = temporaryDirectory();
    const { message } = await prepare({ home, searchPath: pathWithMaven('echo "$HOME $JAVA_HOME $(grep -c "<artifactId>utils-lite</artifactId><version>2.34.0</version>" pom.xml)"; exit 1') });
    expect(message).toContain(`Maven ended with status 1: ${home} /usr/lib/jvm/java 1.`);
  });

  it.skipIf(why !== undefined)(`is put into the data directory once, whole, by several at once too${why === undefined ? "" : ` (skipped: ${why})`}`, async () => {
    const dataDirectory = temporaryDirectory();
    const needs = { dataDirectory, searchPath: process.env["PATH"] ?? "", home: homedir() };
    const told = await Promise.all([prepare(needs), prepare(needs), prepare(needs)]);
    expect(told.map(({ isReady }) => isReady)).toEqual([true, true, true]);
    expect([findJavaClient(dataDirectory), leftIn(dataDirectory)]).toEqual([join(dataDirectory, "sdk/java"), ["java"]]);
    // No Maven, no repository: it is there.
    expect(await prepare({ dataDirectory })).toMatchObject({ isReady: true, message: `AWS's client for Java is in ${join(dataDirectory, "sdk/java")}` });
    // What is not whole is none.
    const lib = join(dataDirectory, "sdk/java/lib");
    copyFileSync(join(lib, "utils-lite-2.34.0.jar"), join(lib, "other.jar"));
    rmSync(join(lib, "utils-lite-2.34.0.jar"));
    expect(findJavaClient(dataDirectory)).toBeUndefined();
    expect((await prepare(needs)).message).toBe(`AWS's client for Java was put into ${join(dataDirectory, "sdk/java")}`);
    expect([findJavaClient(dataDirectory), existsSync(join(lib, "other.jar"))]).toEqual([join(dataDirectory, "sdk/java"), false]);
  });
});

describe("the JVM's options", () => {
  const options = (runtime: string, version: string, memoryMb: number, initializationType: "on-demand" | "provisioned-concurrency" = "on-demand") => jvmOptions(runtime, version, { memoryMb, initializationType });
  it.each([
    ["java8.al2", "8.0.402", 512, ["-XX:MaxHeapSize=445645k", "-XX:MaxMetaspaceSize=52429k", "-XX:ReservedCodeCacheSize=26214k", "-XX:+UseSerialGC", "-XX:-TieredCompilation", "-Djava.net.preferIPv4Stack=true"]],
    ["java8.al2", "8.0.402", 256, ["-XX:MaxHeapSize=222823k", "-XX:MaxMetaspaceSize=26214k", "-XX:ReservedCodeCacheSize=13107k", "-XX:+UseSerialGC", "-XX:-TieredCompilation", "-Djava.net.preferIPv4Stack=true"]],
    ["java17", "17.0.15", 512, ["-XX:MaxHeapSize=445645k", "-XX:+UseSerialGC", "-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1", "--add-opens=java.base/java.io=ALL-UNNAMED", "-XX:+ErrorFileToStderr", "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"]],
  ])("of %s on Java %s with %i MB are AWS's, as they were seen there", (runtime, version, memoryMb, expected) => {
    expect(options(runtime, version, memoryMb)).toEqual(expected);
  });

  it("leave a large function all but 240 MB for its heap", () => {
    expect(options("java11", "11.0.20", 1_536).slice(0, 3)).toEqual(["-XX:MaxHeapSize=1336935k", "-XX:MaxMetaspaceSize=157286k", "-XX:ReservedCodeCacheSize=78643k"]);
    expect(options("java11", "11.0.20", 3_008).slice(0, 3)).toEqual(["-XX:MaxHeapSize=2834432k", "-XX:MaxMetaspaceSize=163840k", "-XX:ReservedCodeCacheSize=81920k"]);
  });

  it("fit the JVM that runs, not the one that was asked for", () => {
    expect(options("java8.al2", "17.0.15", 512)).toContain("--add-opens=java.base/java.io=ALL-UNNAMED");
    expect(options("java8.al2", "17.0.15", 512).join()).not.toMatch(/Metaspace|CodeCache/);
    expect(options("java17", "8.0.402", 512).join()).not.toMatch(/add-opens|ErrorFile/);
  });

  it("since java25 compile to the end where the environment is made in advance", () => {
    expect(options("java25", "25.0.1", 512)).toContain("-XX:TieredStopAtLevel=1");
    expect(options("java25", "25.0.1", 512, "provisioned-concurrency").join()).not.toContain("Tiered");
    expect(options("java21", "21.0.1", 512, "provisioned-concurrency")).toContain("-XX:TieredStopAtLevel=1");
  });
});
