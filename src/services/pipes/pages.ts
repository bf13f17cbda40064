import { PIPES_PAGE_MAX } from "../../kit/limits/pipes.ts";
import { invalid } from "./errors.ts";

const PREFIX = "pipes:";

const readToken = (token: string): string => {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(PREFIX)) throw invalid({ name: "NextToken", message: "It is not a token that this operation has given." });
  return text.slice(PREFIX.length);
};

/** The page behind the token. @param found ordered by their names */
export const cutPage = <T extends { name: string }>(found: readonly T[], { Limit = PIPES_PAGE_MAX, NextToken }: { Limit?: number | undefined; NextToken?: string | undefined }): { page: readonly T[]; NextToken?: string } => {
  const after = NextToken === undefined ? "" : readToken(NextToken);
  const rest = found.filter(({ name }) => name > after);
  const page = rest.slice(0, Limit);
  return rest.length > Limit ? { page, NextToken: Buffer.from(PREFIX + page.at(-1)!.name).toString("base64url") } : { page };
};
