import { open } from "node:fs/promises";

interface Syncing {
  running: Promise<void>;
  next?: Promise<void>;
}

const syncDirectory = async (path: string): Promise<void> => {
  // Windows has no handle on a folder; NTFS journals its entries.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/** Makes folder entries durable. Those who ask while a sync runs share the next one, because the running one may have come too early for them. */
export const createDirectorySync = (): ((path: string) => Promise<void>) => {
  const syncing = new Map<string, Syncing>();

  const start = (path: string): Promise<void> => {
    const entry: Syncing = { running: syncDirectory(path) };
    syncing.set(path, entry);
    const finish = () => {
      if (entry.next === undefined && syncing.get(path) === entry) syncing.delete(path);
    };
    entry.running.then(finish, finish);
    return entry.running;
  };

  return (path) => {
    const entry = syncing.get(path);
    if (entry === undefined) return start(path);
    entry.next ??= entry.running.catch(() => {}).then(() => start(path));
    return entry.next;
  };
};
