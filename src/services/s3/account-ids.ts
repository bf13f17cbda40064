import { createHash } from "node:crypto";

/** The canonical user id of an account: 64 hex digits, always the same for one account. */
const canonicalUserId = (account: string): string => createHash("sha256").update(`canonical user ${account}`).digest("hex");

/** The owner's principal id in an event: `A` and thirteen capitals or digits, as on AWS. */
export const ownerPrincipalId = (account: string): string =>
  `A${BigInt(`0x${canonicalUserId(account)}`).toString(36).toUpperCase().slice(0, 13)}`;

export const ownerOf = (account: string): { ID: string } => ({ ID: canonicalUserId(account) });
