import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Found, ProgramFile } from "./program.ts";
import { interpreterOf } from "./runtimes.ts";

const HANDLER = `import java.io.*;
import java.nio.charset.StandardCharsets;
public class App {
  private static int count = 0;
  public void handle(InputStream in, OutputStream out) throws IOException {
    String event = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    String rest = event.substring(event.indexOf("\\"id\\":\\"") + 6);
    String answer = "{\\"id\\":\\"" + rest.substring(0, rest.indexOf('"')) + "\\",\\"isFirst\\":" + (count++ == 0) + "}";
    out.write(answer.getBytes(StandardCharsets.UTF_8));
  }
}
`;
const BARE = `import java.io.*;
public class Bare {
  public static void main(String[] args) throws IOException {
    new App().handle(new ByteArrayInputStream(args[0].getBytes("UTF-8")), System.out);
    System.out.flush();
  }
}
`;
const FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** A stream handler; the bare start of it has an archive of its loaded classes, as fast as a JVM of its own can be. */
export const javaProgram = async (endpoint: string): Promise<Found> => {
  const java = await interpreterOf(endpoint, "java");
  if (java === undefined) return "java: no JVM of a runtime's exact version is here";
  const javac = join(dirname(realpathSync(java.path)), "javac");
  if (!existsSync(javac)) return `java: ${java.path} comes without javac`;
  const folder = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  try {
    writeFileSync(join(folder, "App.java"), HANDLER);
    writeFileSync(join(folder, "Bare.java"), BARE);
    const { status, stderr } = spawnSync(javac, ["-nowarn", "App.java", "Bare.java"], { cwd: folder, encoding: "utf8" });
    if (status !== 0) return `java: ${stderr.trim().split("\n")[0]}`;
    const classes = readdirSync(folder).filter((name) => name.endsWith(".class"));
    const read = (names: readonly string[]): Record<string, ProgramFile> => Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(folder, name)) }]));
    return {
      name: "java", runtime: java.runtime, handler: "App::handle",
      files: read(classes.filter((name) => name === "App.class")),
      bare: {
        command: java.path,
        args: [...FLAGS, "-XX:SharedArchiveFile=bare.jsa", "-cp", "bare.jar", "Bare"],
        files: read(classes.filter((name) => name !== "App.class")),
        prepare: [
          [join(dirname(javac), "jar"), "cf", "bare.jar", ...classes],
          [java.path, ...FLAGS, "-XX:ArchiveClassesAtExit=bare.jsa", "-cp", "bare.jar", "Bare", '{"id":"x"}'],
        ],
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
