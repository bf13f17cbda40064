import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip package of one file. */
export const zipOf = (name: string, text: string): Promise<Buffer> => {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(text), name, { mode: 0o100644 });
  zip.end();
  return buffer(zip.outputStream);
};
