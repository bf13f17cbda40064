import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { hasPython } from "../support/python.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

/** A disk of the test's own, whose power can be cut: everything that it was not told to keep is gone. */
const createDisk = () => {
  const directory = temporaryDirectory();
  const image = join(directory, "disk.img");
  const at = join(directory, "disk");
  mkdirSync(at);
  execFileSync("truncate", ["-s", "256M", image]);
  execFileSync("mkfs.ext4", ["-q", image]);
  const mount = () => void execFileSync("mount", ["-o", "loop", image, at]);
  /** Only once nobody is on it is what was not written gone. */
  const unmount = () =>
    eventually("nobody is on the disk any more", () => {
      for (const pid of processesAt(at)) process.kill(pid, "SIGKILL");
      return spawnSync("umount", [at]).status === 0;
    });
  mount();
  onTestFinished(async () => void (await unmount()));
  // EXT4_IOC_SHUTDOWN with NOLOGFLUSH: from now on nothing reaches the disk, not even the journal's last part.
  const cut = `import fcntl, os, struct, sys\nfcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))`;
  return {
    at,
    cutPower: () => void execFileSync("python3", ["-c", cut, at]),
    /** What another namespace still holds, as a sandbox that is being made does, is mounted as it was when the power was cut: then once more. */
    async restart() {
      await eventually("the disk is there again", async () => {
        await unmount();
        mount();
        return isWritable(at);
      });
    },
  };
};

const isWritable = (directory: string): boolean => {
  try {
    writeFileSync(join(directory, "probe"), "");
    rmSync(join(directory, "probe"));
    return true;
  } catch {
    return false;
  }
};

/** Whoever works in a folder below, as handlers do that outlived their server. */
const processesAt = (directory: string): number[] =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });

const canMount = process.getuid?.() === 0 && hasPython && spawnSync("mkfs.ext4", ["-V"]).status === 0 && spawnSync("losetup", ["--find"]).status === 0;

const APP = `
import os
def handler(event, context):
    open(os.path.join(os.environ["MARKS"], event["name"]), "w").close()
`;

it.skipIf(!canMount)("a power cut loses nothing that was acknowledged: objects whole, events run, functions there (skipped where the tests may mount no disk)", async () => {
  const disk = createDisk();
  const marks = join(temporaryDirectory(), "marks");
  mkdirSync(marks);
  const dataDirectory = join(disk.at, "data");
  // Handlers leave their marks on another disk.
  const flags = ["--isolation", "process"];
  const first = await startServer({ dataDirectory, flags });
  const clients = clientsOf(first.endpoint);
  const Role = await createRole(clients, "worker");
  await createFunction(clients, { FunctionName: "marker", Role, Runtime: "python3.11", Timeout: 20, files: { "app.py": APP }, Environment: { Variables: { MARKS: marks } } });
  await clients.s3.send(new CreateBucketCommand({ Bucket: "objects" }));

  const acknowledged = { events: [] as string[], objects: [] as string[] };
  let isCut = false;
  const send = async (index: number) => {
    const name = `thing-${index}`;
    if (index % 2 === 0) {
      await clients.lambda.send(new InvokeCommand({ FunctionName: "marker", InvocationType: "Event", Payload: JSON.stringify({ name }) }));
      acknowledged.events.push(name);
    } else {
      await clients.s3.send(new PutObjectCommand({ Bucket: "objects", Key: name, Body: name.repeat(1_000) }));
      acknowledged.objects.push(name);
    }
    if (!isCut && acknowledged.events.length >= 40 && acknowledged.objects.length >= 40) {
      isCut = true;
      disk.cutPower();
    }
  };
  await Promise.allSettled(Array.from({ length: 300 }, (_, index) => send(index)));
  await first.kill();
  expect(isCut).toBe(true);
  await disk.restart();

  const second = await startServer({ dataDirectory, flags });
  const { s3 } = clientsOf(second.endpoint);
  for (const Key of acknowledged.objects) expect(await (await s3.send(new GetObjectCommand({ Bucket: "objects", Key }))).Body!.transformToString()).toBe(Key.repeat(1_000));
  await eventually("every acknowledged event was run", () => {
    const run = new Set(readdirSync(marks));
    return acknowledged.events.every((name) => run.has(name));
  }, 50_000);
  await second.stop();
  const database = new DatabaseSync(join(dataDirectory, "state.db"));
  expect(database.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
  database.close();
});
