import { callPlatform } from "../../src/cli/platform-client.ts";
import { queryOf, send, sha256, signHeaders } from "../gateway/support.ts";

/** Platform time goes on by so many milliseconds: what falls due meanwhile has been done then. */
export const advance = async ({ endpoint }: { endpoint: string }, ms: number): Promise<void> => {
  await callPlatform({ endpoint, region: "us-east-1", account: undefined }, "POST", "clock", { advance: `${ms}ms` });
};

interface Form {
  action: string;
  /** `Attribute.1.Name` and so on, as they stand in the form. */
  members?: Record<string, string>;
  path?: string;
  method?: "GET" | "POST";
  /** Unsigned when null. */
  accessKeyId?: string | null;
  headers?: Record<string, string>;
}

export interface XmlAnswer {
  status: number;
  text: string;
  /** Each value of an element with this name. */
  all(name: string): string[];
  one(name: string): string | undefined;
}

const unescapeXml = (text: string): string => text.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** The query protocol, as old clients speak it: nothing of the SDK's is in between. */
export const query = async ({ endpoint, host }: { endpoint: string; host: string }, { action, members = {}, path = "/", method = "POST", accessKeyId = "test", headers: more = {} }: Form): Promise<XmlAnswer> => {
  const form = queryOf({ Action: action, Version: "2012-11-05", ...members });
  const body = method === "POST" ? form : "";
  const given = { host, ...(method === "POST" ? { "content-type": "application/x-www-form-urlencoded" } : {}), ...more };
  const parameters = method === "GET" ? { Action: action, Version: "2012-11-05", ...members } : {};
  const headers = accessKeyId === null ? given : signHeaders({ method, path, query: parameters, headers: given, payload: sha256(body), service: "sqs", accessKeyId }).headers;
  const { status, text } = await send(endpoint, { method, path: method === "GET" ? `${path}?${form}` : path, headers, body });
  const all = (name: string) => [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, value]) => unescapeXml(value!));
  return { status, text, all, one: (name) => all(name)[0] };
};
