import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { preparePythonSdk } from "../../src/executor/sdk.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A program that answers as a Python would: whether it has boto3, and what its pip does. */
const fakePython = (name: string, { hasBoto3 = false, pip }: { hasBoto3?: boolean; pip: string }): string => {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, `#!/bin/sh\ncase "$*" in *"import boto3"*) exit ${hasBoto3 ? 0 : 1};; esac\nwhile [ "$1" != --target ]; do shift; done\nmkdir -p "$2"\n${pip}\n`);
  chmodSync(path, 0o755);
  return path;
};
const works = 'mkdir "$2/boto3"';
const breaks = 'mkdir "$2/boto3"; exit 1';

describe("the AWS SDK for Python", () => {
  it("is fetched once, whole or not at all, with the first interpreter that can", async () => {
    const data = temporaryDirectory();
    const pythons = [fakePython("a", { pip: breaks }), fakePython("b", { pip: works })];
    expect(await preparePythonSdk(data, pythons)).toEqual({ isReady: true, message: `boto3 was installed into ${join(data, "sdk/python")}` });
    expect(readdirSync(join(data, "sdk"))).toEqual(["python"]);
    expect(await preparePythonSdk(data, [])).toEqual({ isReady: true, message: `boto3 is in ${join(data, "sdk/python")}` });
  });

  it("is not fetched where every interpreter has it", async () => {
    const data = temporaryDirectory();
    expect(await preparePythonSdk(data, [fakePython("a", { hasBoto3: true, pip: breaks })])).toEqual({ isReady: true, message: "every Python here has boto3" });
    expect(existsSync(join(data, "sdk"))).toBe(false);
  });

  it.skipIf(!hasPython).each([["1.29.27", true], ["1.31.0", false], ["2.0.0", false]])(`of botocore %s is fetched anew, as one that does not know AWS_ENDPOINT_URL: %s${NO_PYTHON}`, async (version, isTooOld) => {
    const modules = temporaryDirectory();
    writeFileSync(join(modules, "boto3.py"), "");
    writeFileSync(join(modules, "botocore.py"), `__version__ = "${version}"\n`);
    const path = join(modules, "python");
    writeFileSync(path, `#!/bin/sh\nif [ "$2" = pip ]; then while [ "$1" != --target ]; do shift; done; mkdir -p "$2/boto3"; exit; fi\nPYTHONPATH='${modules}' exec python3 "$@"\n`, { mode: 0o755 });
    expect((await preparePythonSdk(temporaryDirectory(), [path])).message).toMatch(isTooOld ? /^boto3 was installed into / : /^every Python here has boto3$/);
  });

  it("that cannot be fetched leaves nothing, and says what to do", async () => {
    const data = temporaryDirectory();
    expect(await preparePythonSdk(data, [fakePython("a", { pip: breaks })])).toEqual({ isReady: false, message: expect.stringContaining("Try again online with: lambdad runtimes prepare") });
    expect(readdirSync(join(data, "sdk"))).toEqual([]);
  });
});
