import { isIP } from "node:net";
import { ApiError } from "../../kit/api-error.ts";

const FORM = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const RESERVED_PREFIXES: readonly string[] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: readonly string[] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"];

/** S3's "General purpose bucket naming rules"; for CreateBucket. */
export const checkBucketName = (name: string): void => {
  const isValid =
    FORM.test(name) && !name.includes("..") && isIP(name) === 0 &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) && !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (!isValid) throw new ApiError("InvalidBucketName", "The specified bucket is not valid.", { status: 400, members: { BucketName: name } });
};
