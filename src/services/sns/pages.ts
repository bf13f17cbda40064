import { SNS_PAGE_MAX } from "../../kit/limits/sns.ts";
import { invalidParameter } from "./errors.ts";

/** What the last one of the page before was called; "" for the first page. */
export const readToken = (token: string | undefined): string => {
  if (token === undefined || token === "") return "";
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after:")) throw invalidParameter("NextToken");
  return text.slice("after:".length);
};

/** @param all one more than a page holds, where there are more */
export const cutPage = <T>(all: readonly T[], nameOf: (one: T) => string): { shown: readonly T[]; NextToken?: string } =>
  all.length <= SNS_PAGE_MAX ? { shown: all } : { shown: all.slice(0, SNS_PAGE_MAX), NextToken: Buffer.from(`after:${nameOf(all[SNS_PAGE_MAX - 1]!)}`).toString("base64url") };
