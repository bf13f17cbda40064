import { request as overHttp } from "node:http";
import { text } from "node:stream/consumers";
import { wallNow } from "../kit/clock.ts";
import { CliError } from "./cli-error.ts";
import type { ClientConfig } from "./config.ts";
import { signHeaders } from "./sign.ts";

export interface PlatformReply {
  status: number;
  body: unknown;
}

/** The default credential: root of account 000000000000, or of the account that is named. Never what an AWS profile holds. */
export const credentialsOf = ({ account }: Pick<ClientConfig, "account">): { accessKeyId: string; secretAccessKey: string } => ({
  accessKeyId: account ?? "test",
  secretAccessKey: "test",
});

/** One signed call of the `/_lambdad/…` API. `accept` names the statuses beside 200 that are answers, not errors. */
export const callPlatform = async (
  client: ClientConfig,
  method: "GET" | "POST",
  path: string,
  input?: unknown,
  accept: readonly number[] = [],
): Promise<PlatformReply> => {
  const url = new URL(`${client.endpoint}/_lambdad/${path}`);
  const body = input === undefined ? "" : JSON.stringify(input);
  const signed = signHeaders({ method, url, body }, { ...credentialsOf(client), region: client.region, service: "lambdad" }, wallNow());
  const reply = await send(url, method, { ...signed, "content-type": "application/json" }, body);
  const answer = parse(reply.text);
  if (reply.status !== 200 && !accept.includes(reply.status)) throw refused(reply, answer, client);
  return { status: reply.status, body: answer };
};

interface Reply {
  status: number;
  text: string;
}

/** Not fetch: that refuses some ports that a server may well have. */
const send = async (url: URL, method: string, headers: Record<string, string>, body: string): Promise<Reply> => {
  const request = url.protocol === "https:" ? (await import("node:https")).request : overHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      text(incoming).then((said) => resolve({ status: incoming.statusCode ?? 0, text: said }), reject);
    });
    outgoing.on("error", reject).end(body);
  });
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refused = ({ status }: Reply, answer: unknown, { endpoint }: ClientConfig): CliError => {
  const { code, message } = (answer ?? {}) as { code?: string; message?: string };
  if (message === undefined) {
    return new CliError("NOT_LAMBDAD", `what answers at ${endpoint} is not lambdad`, {
      why: `it answered ${status} to a request of its API`,
      actions: ["name the server with --endpoint, or AWS_ENDPOINT_URL"],
    });
  }
  return new CliError(code ?? "REFUSED", message, { isRetryable: status >= 500 });
};
