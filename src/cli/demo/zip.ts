import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip package of one file. */
export const zipOf = (name: string, content: string | Buffer, mode = 0o644): Promise<Buffer> => {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(content as string), name, { mode: 0o100_000 | mode });
  zip.end();
  return buffer(zip.outputStream);
};
