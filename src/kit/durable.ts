import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the entries of a folder survive a loss of power. Windows has no handle on a folder; NTFS journals its entries. */
export const syncFolder = (path: string): void => {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

/** A folder, with those above it, that is there after a loss of power. */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) return;
  const parent = dirname(path);
  makeFolder(parent);
  mkdirSync(path);
  syncFolder(parent);
};

/** A small file that is there whole, or not at all, whatever happens meanwhile. `mode` is of its permissions. */
export const writeWhole = (path: string, bytes: Uint8Array, mode: number): void => {
  const arriving = `${path}.new`;
  rmSync(arriving, { force: true });
  const file = openSync(arriving, "wx", mode);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(arriving, path);
  syncFolder(dirname(path));
};
