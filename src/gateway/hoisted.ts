/** Of the signature itself, and digests of a body that nobody knew when the URL was signed: SDKs put one of nothing there, and S3 passes it over. */
const NOT_HEADERS = /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm)$/;

/** A presigned URL may carry in its query what else were headers of AWS's: `x-amz-meta-colour=blue`. Names in lower case. */
export const hoistedHeaders = (query: string): Record<string, string> =>
  Object.fromEntries(
    [...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => name.startsWith("x-amz-") && !NOT_HEADERS.test(name)),
  );
