import { hash } from "node:crypto";
import { ApiError } from "../../kit/api-error.ts";
import type { RequestContext } from "../service.ts";
import type { BucketPlace, BucketPlaces } from "./bucket-places.ts";
import { badContentMd5, badDigest, createDigest, readChecksum, readContentMd5, readTrailer, type ChecksumMembers } from "./checksums.ts";
import { invalidRequest, noSuchBucket, unsupportedHeader } from "./errors.ts";
import type { S3Service } from "./needs.ts";

/** Their digests are of the object: receive.ts and complete-upload.ts compare them. */
const OF_OBJECTS: readonly string[] = ["PutObject", "UploadPart", "CompleteMultipartUpload"];
const UPLOADS: readonly string[] = ["PutObject", "UploadPart"];
/** "AWS requires the Content-MD5 header … or a checksum for all Multi-Object Delete requests" (DeleteObjects). */
const DIGEST_REQUIRED: readonly string[] = ["DeleteObjects"];
/** Asked for to learn where the bucket is, so it is answered everywhere. */
const ANSWERED_ANYWHERE: readonly string[] = ["GetBucketLocation"];

const CHECKSUM_HEADER = /^x-amz-checksum-([a-z0-9]+)$/;
const NO_CHECKSUMS: readonly string[] = ["algorithm", "type", "mode"];
const ALGORITHMS: readonly string[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5", "xxhash64", "xxhash3", "xxhash128"];

/** What S3 refuses before it asks any policy: a body unlike its digests, a bucket that is not there, or one in another region. */
export const createCheck = (places: BucketPlaces): NonNullable<S3Service["check"]> => async (operation, input, context) => {
  refuseUnknownChecksum(context);
  if (!OF_OBJECTS.includes(operation)) await checkBody(operation, context);
  refuseChunks(operation, context);
  if (UPLOADS.includes(operation)) requireLength(context);
  const { Bucket: bucket } = input as { Bucket?: string };
  if (bucket === undefined || operation === "CreateBucket") return;
  const place = await places.find(bucket);
  if (place === undefined) throw noSuchBucket(bucket);
  if (operation === "HeadBucket") context.responseHeaders["x-amz-bucket-region"] = place.region;
  const isElsewhere = place.region !== context.region && context.wire?.isRegionNamed !== false;
  if (isElsewhere && !ANSWERED_ANYWHERE.includes(operation)) throw elsewhere(bucket, place, context);
};

const elsewhere = (bucket: string, { region }: BucketPlace, { responseHeaders, isInternal }: RequestContext): ApiError => {
  responseHeaders["x-amz-bucket-region"] = region;
  // AWS's own services repeat what their SDK makes of it.
  const message = isInternal
    ? `The bucket is in this region: ${region}. Please use this region to retry the request`
    : "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
  return new ApiError("PermanentRedirect", message, {
    status: 301,
    members: { Endpoint: region === "us-east-1" ? `${bucket}.s3.amazonaws.com` : `${bucket}.s3.${region}.amazonaws.com`, Bucket: bucket },
  });
};

/** Bodies in chunks are for uploads alone. */
const refuseChunks = (operation: string, { wire }: RequestContext): void => {
  const isChunked = wire?.headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true;
  if (isChunked && !UPLOADS.includes(operation)) throw invalidRequest("The value of x-amz-content-sha256 header is invalid.");
};

/** S3 wants to know how much will come: HTTP's own chunks do not say it, those of aws-chunked do. */
const requireLength = ({ wire }: RequestContext): void => {
  if (wire === undefined || wire.headers["content-length"] !== undefined || wire.headers["x-amz-decoded-content-length"] !== undefined) return;
  if (wire.headers["transfer-encoding"] !== undefined) {
    throw unsupportedHeader("Transfer-Encoding");
  }
  throw new ApiError("MissingContentLength", "You must provide the Content-Length HTTP header.", { status: 411 });
};

const refuseUnknownChecksum = ({ wire }: RequestContext): void => {
  const algorithms = Object.keys(wire?.headers ?? {}).flatMap((name) => CHECKSUM_HEADER.exec(name)?.[1] ?? []);
  if (algorithms.some((algorithm) => !ALGORITHMS.includes(algorithm) && !NO_CHECKSUMS.includes(algorithm))) throw invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.");
};

const givenChecksums = (headers: Readonly<Record<string, string>>): ChecksumMembers =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const [, algorithm] = CHECKSUM_HEADER.exec(name) ?? [];
      return algorithm === undefined || NO_CHECKSUMS.includes(algorithm) ? [] : [[`Checksum${algorithm.toUpperCase()}`, value]];
    }),
  );

const checkBody = async (operation: string, { wire, trailers }: RequestContext): Promise<void> => {
  if (wire === undefined) return;
  const md5 = readContentMd5(wire.headers["content-md5"]);
  const checksum = readChecksum(givenChecksums(wire.headers)) ?? readTrailer(trailers);
  if (md5 === undefined && checksum === undefined) {
    if (DIGEST_REQUIRED.includes(operation)) throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
    return;
  }
  const body = await wire.buffer();
  if (md5 !== undefined && hash("md5", body, "hex") !== md5.toString("hex")) throw badContentMd5(md5, hash("md5", body, "hex"));
  if (checksum === undefined) return;
  const digest = createDigest(checksum.algorithm);
  digest.update(body);
  if (digest.digest().toString("base64") !== checksum.value) throw badDigest(checksum.algorithm);
};
