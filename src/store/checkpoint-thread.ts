import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** What a pass answers: whether the disk took it. */
export type PassAnswer = { error?: string };

const port = parentPort!;
const database = new DatabaseSync((workerData as { path: string }).path);
// It syncs the log before, and the file after it has copied: what the log held may be written over then.
database.exec("pragma synchronous=normal; pragma wal_autocheckpoint=0;");
const pass = database.prepare("pragma wal_checkpoint(passive)");

port.on("message", (what: "pass" | "close") => {
  if (what === "close") {
    database.close();
    port.close();
    return;
  }
  try {
    pass.all();
    port.postMessage({} satisfies PassAnswer);
  } catch (error) {
    port.postMessage({ error: String(error) } satisfies PassAnswer);
  }
});
