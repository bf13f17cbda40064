import { ApiError, isApiError } from "../../kit/api-error.ts";
import { ZIP_BYTES_MAX } from "../../kit/limits.ts";
import { inspectZip } from "../../kit/zip.ts";
import type { RequestContext } from "../service.ts";
import type { LambdaNeeds } from "./needs.ts";
import type { FunctionRecord } from "./state.ts";

interface CodeInput {
  ZipFile?: Uint8Array | undefined;
  S3Bucket?: string | undefined;
  S3Key?: string | undefined;
  S3ObjectVersion?: string | undefined;
  ImageUri?: string | undefined;
}

const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message, { status: 400, members: { Type: "User" } });
const tooLarge = (): ApiError => new ApiError("RequestEntityTooLargeException", `Zipped size must be smaller than ${ZIP_BYTES_MAX} bytes`, { status: 413 });

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
    throw invalid(`Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`);
  }
};

/** The package of a request, checked to its last byte and stored: durable before anything names it. */
export const storeCode = async (needs: LambdaNeeds, input: CodeInput, context: RequestContext): Promise<FunctionRecord["code"]> => {
  if (input.ImageUri !== undefined) throw new ApiError("NotImplemented", "Functions from container images are not built in this version of lambdad: use a zip package", { status: 501 });
  const isFromS3 = input.S3Bucket !== undefined || input.S3Key !== undefined;
  if (input.ZipFile !== undefined && isFromS3) throw invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  if (input.ZipFile === undefined && (input.S3Bucket === undefined || input.S3Key === undefined)) throw invalid("Please provide a source for function code.");
  const zip = input.ZipFile === undefined ? await fetchFromS3(needs, input, context) : Buffer.from(input.ZipFile.buffer, input.ZipFile.byteOffset, input.ZipFile.byteLength);
  if (input.ZipFile !== undefined && zip.length > ZIP_BYTES_MAX) throw tooLarge();
  if (zip.length === 0) throw invalid("Uploaded file must be a non-empty zip");
  const { entries } = await inspectZip(zip);
  if (entries === 0) throw invalid("Uploaded file must be a non-empty zip");
  const { id, size, sha256 } = await needs.blobs.write(zip);
  return { blobId: id, size, sha256Base64: Buffer.from(sha256, "hex").toString("base64") };
};
