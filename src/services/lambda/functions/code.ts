import { hash } from "node:crypto";
import { seal } from "../../../iam/seal.ts";
import { ApiError, isApiError } from "../../../kit/api-error.ts";
import { ZIP_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { inspectZip } from "../../../kit/zip.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import { BLOB_OWNER } from "./garbage.ts";
import type { LambdaNeeds } from "../needs.ts";
import { refuseNotBuilt } from "./settings.ts";
import type { Deployment } from "./state.ts";

/** Milliseconds that a link to a package is good for, as on AWS. */
const CODE_LINK_MS = 10 * 60 * 1000;

interface CodeInput {
  ZipFile?: Uint8Array | undefined;
  S3Bucket?: string | undefined;
  S3Key?: string | undefined;
  S3ObjectVersion?: string | undefined;
  ImageUri?: string | undefined;
  S3ObjectStorageMode?: string | undefined;
  SourceKMSKeyArn?: string | undefined;
}

const tooLarge = (): ApiError => new ApiError("RequestEntityTooLargeException", `Zipped size must be smaller than ${ZIP_BYTES_MAX} bytes`, { status: 413, members: { Type: "User" } });

/** From S3 as the caller: who may not read the object may not run it. */
const fetchFromS3 = async ({ call }: LambdaNeeds, { S3Bucket, S3Key, S3ObjectVersion }: CodeInput, { caller, region }: RequestContext): Promise<Buffer> => {
  try {
    const { Body } = await call("s3", "GetObject", { Bucket: S3Bucket, Key: S3Key, ...(S3ObjectVersion === undefined ? {} : { VersionId: S3ObjectVersion }) }, { as: caller, region });
    const chunks: Uint8Array[] = [];
    let total = 0;
    const content = Body as unknown as Uint8Array | AsyncIterable<Uint8Array>;
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      total += chunk.length;
      if (total > 5 * ZIP_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (!isApiError(error) || error.code.startsWith("RequestEntityTooLarge")) throw error;
    if (error.code === "AccessDenied") {
      const message = `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${S3Bucket}/${S3Key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied`;
      throw new ApiError("AccessDeniedException", message, { status: 403, members: { Type: "User" } });
    }
    throw invalid(`Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`);
  }
};

export interface CheckedCode {
  zip: Buffer;
  size: number;
  sha256Base64: string;
  unzippedBytes: number;
}

/** The package of a request, read to its last byte and found to be one. */
export const checkCode = async (needs: LambdaNeeds, input: CodeInput, context: RequestContext): Promise<CheckedCode> => {
  refuseNotBuilt(input);
  const isFromS3 = input.S3Bucket !== undefined || input.S3Key !== undefined || input.S3ObjectVersion !== undefined;
  if (input.ZipFile !== undefined && isFromS3) throw invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  if (input.ZipFile === undefined && !isFromS3) throw invalid("Please provide a source for function code.");
  if (isFromS3 && (input.S3Bucket === undefined || input.S3Key === undefined)) throw invalid("S3 Bucket and Key are required for uploading with S3 parameters.");
  const zip = input.ZipFile === undefined ? await fetchFromS3(needs, input, context) : Buffer.from(input.ZipFile.buffer, input.ZipFile.byteOffset, input.ZipFile.byteLength);
  if (input.ZipFile !== undefined && zip.length > ZIP_BYTES_MAX) throw tooLarge();
  if (zip.length === 0) throw invalid("Uploaded file must be a non-empty zip");
  const { entries, unzippedBytes } = await inspectZip(zip);
  if (entries === 0) throw invalid("Uploaded file must be a non-empty zip");
  return { zip, size: zip.length, sha256Base64: hash("sha256", zip, "base64"), unzippedBytes };
};

/** Where a package can be downloaded, by whoever has the link. */
export const linkTo = ({ sessionKey, wall, random }: LambdaNeeds, { blobId, size }: Pick<Deployment["code"], "blobId" | "size">, { endpoint }: RequestContext): string =>
  `${endpoint}/_lambdad/code/${seal(sessionKey, { blobId, size, expiresAt: wall.now() + CODE_LINK_MS }, random)}`;

/** Durable before anything names it; `blobs.keep` is due once something does. */
export const storeCode = async ({ blobs }: LambdaNeeds, { zip, size, sha256Base64 }: CheckedCode): Promise<Deployment["code"]> => ({
  blobId: (await blobs.write(zip, { owner: BLOB_OWNER })).id, size, sha256Base64,
});
