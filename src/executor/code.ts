import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BlobStore } from "../blob/blob.ts";
import type { Random } from "../kit/random.ts";
import { unzip } from "../kit/zip.ts";

interface Package {
  blobId: string;
  sha256Base64: string;
}

/** Unpacked packages by the hash of their zip: made once, whole or not at all, shared by all environments that run them. */
export const createCodeCache = ({ directory, blobs, random }: { directory: string; blobs: Pick<BlobStore, "path">; random: Random }) => {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) if (name.startsWith("unpacking-")) rmSync(join(directory, name), { recursive: true, force: true });
  const making = new Map<string, Promise<string>>();

  const make = async (name: string, packages: readonly Package[]): Promise<string> => {
    const folder = join(directory, name);
    if (existsSync(folder)) return folder;
    const unpacking = join(directory, `unpacking-${random.uuid()}`);
    mkdirSync(unpacking, { recursive: true });
    try {
      for (const { blobId } of packages) await unzip(blobs.path(blobId), unpacking);
      chmodSync(unpacking, 0o755);
      renameSync(unpacking, folder);
    } catch (error) {
      rmSync(unpacking, { recursive: true, force: true });
      throw error;
    }
    return folder;
  };
  const once = (name: string, packages: readonly Package[]): Promise<string> => {
    let folder = making.get(name);
    if (folder === undefined) {
      folder = make(name, packages).finally(() => making.delete(name));
      making.set(name, folder);
    }
    return folder;
  };
  const nameOf = ({ sha256Base64 }: Package): string => Buffer.from(sha256Base64, "base64").toString("hex");

  return {
    /** The folder that becomes /var/task. */
    unpacked: (code: Package): Promise<string> => once(nameOf(code), [code]),
  };
};
