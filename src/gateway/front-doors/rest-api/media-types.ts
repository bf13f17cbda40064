import { matchesWildcard } from "../../../iam/wildcard.ts";

export interface MediaTypes {
  /** Whether a Content-Type is one of them. */
  has(contentType: string | undefined): boolean;
  /** Whether an Accept asks for one of them: its first, as REST APIs look at no other. */
  isAccepted(accept: string | undefined): boolean;
  readonly isEmpty: boolean;
}

/** Without its parameters, in small letters. */
export const mediaType = (value: string | undefined): string => (value ?? "").split(";")[0]!.trim().toLowerCase();

/** The `binaryMediaTypes` of an API: `image/png`, `image/*`, or any. */
export const createMediaTypes = (listed: readonly string[]): MediaTypes => {
  const patterns = listed.map((one) => one.toLowerCase());
  const has = (contentType: string | undefined): boolean => {
    const type = mediaType(contentType);
    return patterns.some((pattern) => pattern === "*/*" || (type !== "" && matchesWildcard(pattern, type)));
  };
  return {
    has,
    isAccepted: (accept) => has((accept ?? "").split(",")[0]),
    isEmpty: patterns.length === 0,
  };
};
