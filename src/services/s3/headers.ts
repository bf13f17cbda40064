import { ApiError } from "../../kit/api-error.ts";
import { S3_KEY_BYTES_MAX, S3_METADATA_BYTES_MAX } from "../../kit/limits/s3.ts";
import { aclsAreOff, invalidArgument, invalidRequest, notBuilt } from "./errors.ts";
import type { ObjectDescription } from "./object-rows.ts";
import { readTaggingHeader } from "./tags.ts";

/** The headers that S3 keeps for an object and gives back with it, by the SDK's names. */
export interface SystemHeaders {
  ContentType?: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  WebsiteRedirectLocation?: string;
  /** Milliseconds since the epoch. */
  expires?: number;
}

const KEPT = ["ContentType", "CacheControl", "ContentDisposition", "ContentLanguage", "WebsiteRedirectLocation"] as const;
const DEFAULT_CONTENT_TYPE = "binary/octet-stream";

/** Labels only: what S3 does with such an object is the same. */
const STORAGE_CLASSES: readonly string[] = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"];
/** An object of these must be restored before it can be read. */
const ARCHIVES: readonly string[] = ["GLACIER", "DEEP_ARCHIVE"];

type Given = { [N in (typeof KEPT)[number] | "ContentEncoding" | "Tagging" | "StorageClass"]?: string | undefined } & {
  Expires?: Date | undefined;
  Metadata?: Record<string, string> | undefined;
};

/** What a PutObject, CopyObject or CreateMultipartUpload says of the object. */
export const describe = (input: Given): ObjectDescription => ({
  headers: readSystemHeaders(input),
  metadata: readMetadata(input.Metadata),
  tags: readTaggingHeader(input.Tagging),
  storageClass: readStorageClass(input.StorageClass),
});

const readSystemHeaders = (input: Given): SystemHeaders => {
  const headers: SystemHeaders = { ContentType: DEFAULT_CONTENT_TYPE };
  for (const name of KEPT) if (input[name]) headers[name] = input[name];
  // `aws-chunked` is how the body came, not what it is.
  const encoding = input.ContentEncoding?.split(",").map((token) => token.trim()).filter((token) => token !== "" && token !== "aws-chunked").join(",");
  if (encoding) headers.ContentEncoding = encoding;
  if (input.Expires !== undefined) headers.expires = input.Expires.getTime();
  return headers;
};

export const readStorageClass = (name = "STANDARD"): string => {
  if (ARCHIVES.includes(name)) throw notBuilt(`The storage class ${name}, whose objects must be restored before they can be read,`);
  if (!STORAGE_CLASSES.includes(name)) throw new ApiError("InvalidStorageClass", "The storage class you specified is not valid", { status: 400, members: { StorageClassRequested: name } });
  return name;
};

/**
 * "any metadata … with non US-ASCII characters is returned RFC 2047 encoded" (S3 user guide). Its example shows that S3 takes
 * the bytes of the header for Latin-1, as Node does, so that what was UTF-8 on the wire is encoded twice.
 */
const writeHeaderText = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text, "utf8").toString("base64")}?=`);

const readMetadata = (given: Record<string, string> = {}): Record<string, string> => {
  // Without a prototype: `__proto__` is a name like any other.
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  let size = 0;
  for (const [name, value] of Object.entries(given)) {
    metadata[name.toLowerCase()] = value;
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (size > S3_METADATA_BYTES_MAX) {
    throw new ApiError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", { status: 400, members: { Size: size, MaxSizeAllowed: S3_METADATA_BYTES_MAX } });
  }
  return metadata;
};

export const writeMetadata = (metadata: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, writeHeaderText(text)]));

export const checkKey = (key: string): void => {
  const size = Buffer.byteLength(key);
  if (size > S3_KEY_BYTES_MAX) throw new ApiError("KeyTooLongError", "Your key is too long", { status: 400, members: { Size: size, MaxSizeAllowed: S3_KEY_BYTES_MAX } });
};

type Refusable = Partial<Record<
  | "ACL" | "GrantFullControl" | "GrantRead" | "GrantReadACP" | "GrantWrite" | "GrantWriteACP" | "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5"
  | "CopySourceSSECustomerAlgorithm" | "ServerSideEncryption" | "SSEKMSKeyId" | "ObjectLockMode" | "ObjectLockLegalHoldStatus" | "AnnotationDirective" | "ObjectLockEventHold",
  string | undefined
>> & { ObjectLockRetainUntilDate?: Date | undefined; WriteOffsetBytes?: number | undefined };

const CANNED_ACLS: readonly string[] = ["private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"];
const ENCRYPTIONS: readonly string[] = ["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"];
const GRANTS = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"] as const;

/** Options that would change what S3 does with the object, and that are not built: said, never dropped. */
export const refuseUnbuilt = (input: Refusable): void => {
  // The owner of a bucket owns everything in it and ACLs are off, which is AWS's default since 2023.
  if (input.ACL !== undefined && !CANNED_ACLS.includes(input.ACL)) throw invalidArgument("Argument x-amz-acl is not one of the canned ACLs", "x-amz-acl", input.ACL);
  const isOwnersAcl = input.ACL === undefined || input.ACL === "private" || input.ACL === "bucket-owner-full-control";
  if (!isOwnersAcl || GRANTS.some((grant) => input[grant] !== undefined)) {
    throw aclsAreOff();
  }
  if ((input.SSECustomerAlgorithm ?? input.SSECustomerKey ?? input.SSECustomerKeyMD5 ?? input.CopySourceSSECustomerAlgorithm) !== undefined) {
    throw notBuilt("Encryption with customer-provided keys (SSE-C)");
  }
  if (input.ServerSideEncryption !== undefined && !ENCRYPTIONS.includes(input.ServerSideEncryption)) {
    throw invalidArgument("The encryption method specified is not supported", "x-amz-server-side-encryption", input.ServerSideEncryption);
  }
  if (input.SSEKMSKeyId !== undefined || (input.ServerSideEncryption !== undefined && input.ServerSideEncryption !== "AES256")) {
    throw notBuilt(`Server-side encryption with KMS (${input.ServerSideEncryption ?? "a KMS key"})`);
  }
  if ((input.ObjectLockMode ?? input.ObjectLockLegalHoldStatus ?? input.ObjectLockRetainUntilDate ?? input.ObjectLockEventHold) !== undefined) {
    throw invalidRequest("Bucket is missing Object Lock Configuration");
  }
  if (input.WriteOffsetBytes !== undefined) throw notBuilt("Appending to an object (x-amz-write-offset-bytes)");
  if (input.AnnotationDirective !== undefined) throw notBuilt("Object annotations (x-amz-annotation-directive)");
};
