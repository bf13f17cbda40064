import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of that name on a PATH, in folders that are named in full. */
export const findProgram = (name: string, searchPath: string): string | undefined =>
  searchPath.split(delimiter).filter((folder) => folder.startsWith("/")).map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
