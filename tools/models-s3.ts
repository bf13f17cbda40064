import type { FileMember, ModelFile } from "../src/protocol/model-file.ts";

/** S3's URIs leave the bucket to the host name. Requests reach the router in path style, so the bucket is put into the URI. */
export function addBucketToPath({ operations, shapes }: ModelFile): void {
  for (const [input, , http] of Object.values(operations)) {
    const shape = shapes[input];
    if (http === 0 || shape === undefined || shape[0] !== "structure") continue;
    const [, , , , ...members] = shape;
    const hasBucketLabel = members.some(([name, , traits]: FileMember) => name === "Bucket" && traits?.httpLabel === true);
    if (hasBucketLabel) http[1] = http[1] === "/" ? "/{Bucket}" : `/{Bucket}${http[1].replace(/^\/(?=\?)/, "")}`;
  }
}

/** The header is URL-encoded as a whole, its slash too where the client likes it so (Terraform does): S3 looks at it once it is decoded. */
export function leaveCopySourceToS3({ shapes }: ModelFile): void {
  const place = shapes.findIndex(([kind, name]) => kind === "string" && name === "CopySource");
  if (place < 0) throw new Error("S3's model has no CopySource");
  shapes[place] = ["string", "CopySource"];
}
