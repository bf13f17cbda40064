import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ZipFile } from "yazl";
import { createCodeCache } from "../../src/executor/code.ts";
import type { FunctionTarget } from "../../src/executor/executor.ts";
import { createClock } from "../../src/kit/clock.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { createGround } from "./ground.ts";

type Files = Record<string, string>;
const EXECUTABLE = 0o100755;
const LINK = 0o120777;

/** A zip whose files have modes: programs and links. */
const zipWithModes = async (files: Record<string, { text: string; mode: number }>): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [name, { text, mode }] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name, { mode });
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
};

describe("merged layers", () => {
  const setUp = () => {
    const root = temporaryDirectory();
    const directory = join(root, "code");
    const cache = createCodeCache({ directory, wall: createClock(), random, blobs: { path: (id) => join(root, id) }, bytesMax: 0 });
    onTestFinished(() => cache.close());
    const add = async (zip: Buffer) => {
      const sha256Base64 = createHash("sha256").update(zip).digest("base64");
      const blobId = createHash("sha256").update(zip).digest("hex");
      writeFileSync(join(root, blobId), zip);
      return { blobId, sha256Base64 };
    };
    const left = () => readdirSync(directory).filter((name) => name !== "package.json" && !name.startsWith("removing-"));
    return { cache, left, add, addFiles: async (files: Files) => add(await zipOf(files)) };
  };

  it("are one folder in which the later wins, made once for all who hold it", async () => {
    const { cache, addFiles, left } = setUp();
    const [a, b] = [await addFiles({ "lib/x": "a", "lib/y": "a", "only/a": "a" }), await addFiles({ "lib/x": "b", "lib/z": "b", "only/b": "b" })];
    const [ab, ba, again] = await Promise.all([cache.acquire(a, b), cache.acquire(b, a), cache.acquire(a, b)]);
    const read = (folder: string) => Object.fromEntries(["lib/x", "lib/y", "lib/z", "only/a", "only/b"].map((name) => [name, readFileSync(join(folder, name), "utf8")]));
    expect(read(ab.folder)).toEqual({ "lib/x": "b", "lib/y": "a", "lib/z": "b", "only/a": "a", "only/b": "b" });
    expect(read(ba.folder)["lib/x"]).toBe("a");
    expect(again.folder).toBe(ab.folder);
    ab.release();
    expect(existsSync(again.folder)).toBe(true);
    again.release();
    expect(existsSync(again.folder)).toBe(false);
    ba.release();
    expect(left()).toEqual([]);
  });

  it("replace a folder by a file, a file by a folder, and follow no link of an earlier one", async () => {
    const { cache, add, addFiles } = setUp();
    const first = await add(await zipWithModes({ "folder/x": { text: "1", mode: 0o100644 }, file: { text: "1", mode: 0o100644 }, real: { text: "kept", mode: 0o100644 }, link: { text: "folder", mode: LINK } }));
    const second = await addFiles({ folder: "a file now", "file/x": "a folder now", "link/x": "written" });
    const { folder, release } = await cache.acquire(first, second);
    expect(["folder", "file/x", "link/x", "real"].map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["a file now", "a folder now", "written", "kept"]);
    release();
  });

  it("leave nothing when one of them cannot be unpacked", async () => {
    const { cache, addFiles, add, left } = setUp();
    await expect(cache.acquire(await addFiles({ a: "a" }), await add(Buffer.from("no zip")))).rejects.toMatchObject({ code: "InvalidParameterValueException" });
    expect(left()).toEqual([]);
  });
});

describe.each(isolations)("a function's layers under %s", (isolation) => {
  const start = async (files: Files, layers: readonly (Files | Buffer)[], options: Partial<FunctionTarget> = {}) => {
    const ground = createGround({ isolation });
    const target = await ground.target(files, { runtime: "nodejs24.x", ...options }, await Promise.all(layers.map(async (layer) => (Buffer.isBuffer(layer) ? layer : zipOf(layer)))));
    const environment = await ground.executor.createEnvironment(target);
    return {
      lines: ground.lines,
      async invoke(event: unknown = {}): Promise<unknown> {
        const { outcome } = await environment.invoke(ground.invocation(event));
        return JSON.parse(outcome.payload.toString("utf8"));
      },
    };
  };
  const NODE = (expression: string) => ({ "app.mjs": `import { createRequire } from "node:module";\nimport { execFileSync } from "node:child_process";\nconst require = createRequire(import.meta.url);\nexport const handler = async () => ${expression};\n` });
  const module = (value: string) => `module.exports = ${JSON.stringify(value)};\n`;

  it("have Node.js modules: those for its version before those for all, and the later layer's", async () => {
    const { invoke } = await start(
      NODE('[require("one"), require("two"), require("three"), (await import("three")).default]'),
      [{ "nodejs/node_modules/one/index.js": module("all"), "nodejs/node24/node_modules/one/index.js": module("24"), "nodejs/node_modules/two/index.js": module("early") },
        { "nodejs/node_modules/two/index.js": module("late"), "nodejs/node_modules/three/index.js": module("3") }],
    );
    expect(await invoke()).toEqual(["24", "late", "3", "3"]);
  });

  it.each(["nodejs20.x", "nodejs24.x"])("have ES modules, which import finds in %s, though they are nothing for require", async (runtime) => {
    const { invoke } = await start(NODE('(await import("esm")).value'), [
      { "nodejs/node_modules/esm/package.json": JSON.stringify({ name: "esm", type: "module", exports: { import: "./main.js" } }), "nodejs/node_modules/esm/main.js": "export const value = 'esm';\n" },
    ], { runtime });
    expect(await invoke()).toBe("esm");
  });

  it("have programs on PATH and libraries on LD_LIBRARY_PATH", async () => {
    const layer = await zipWithModes({ "bin/greet": { text: "#!/bin/sh\necho hello from a layer\n", mode: EXECUTABLE }, "lib/here": { text: "a library", mode: 0o100644 } });
    const { invoke } = await start(NODE('[execFileSync("greet", { encoding: "utf8" }), require("node:fs").readFileSync(process.env.LD_LIBRARY_PATH.split(":").at(-1) + "/here", "utf8")]'), [layer]);
    expect(await invoke()).toEqual(["hello from a layer\n", "a library"]);
  });

  it.runIf(hasPython)(`have Python packages, after the function's own and before the runtime's${NO_PYTHON}`, async () => {
    const app = "import sys, one, two, three\ndef handler(e, c): return [one.x, two.x, three.x, ['.'.join(map(str, sys.version_info[:2]))]]\n";
    const sites = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"].map((version) => [`python/lib/python${version}/site-packages/two.py`, "x = 'site'\n"]);
    const { invoke } = await start(
      { "app.py": app, "one.py": "x = 'own'\n" },
      [{ "python/one.py": "x = 'layer'\n", "python/two.py": "x = 'plain'\n", "python/three.py": "x = 'early'\n" }, { ...Object.fromEntries(sites), "python/three.py": "x = 'late'\n" }],
      { runtime: "python3.13" },
    );
    expect(await invoke()).toEqual(["own", "site", "late", [expect.any(String)]]);
  });

  it.runIf(isolation === "bubblewrap")("cannot be written, and lie at /opt", async () => {
    const write = 'try { fs.writeFileSync("/opt/a", "changed"); } catch (error) { codes.push(error.code); }';
    const { invoke } = await start({ "app.mjs": `import fs from "node:fs";\nexport const handler = async () => { const codes = [fs.readFileSync("/opt/a", "utf8")]; ${write} return codes; };\n` }, [{ a: "first" }, { b: "b" }]);
    expect(await invoke()).toEqual(["first", "EROFS"]);
  });
});
