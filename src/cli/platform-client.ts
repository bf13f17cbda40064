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
  const { host: _sentByFetch, ...headers } = signHeaders({ method, url, body }, { ...credentialsOf(client), region: client.region, service: "lambdad" }, wallNow());
  const response = await fetch(url, { method, headers: { ...headers, "content-type": "application/json" }, ...(body === "" ? {} : { body }) });
  const text = await response.text();
  const answer = parse(text);
  if (!response.ok && !accept.includes(response.status)) throw refused(response, answer, client);
  return { status: response.status, body: answer };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refused = (response: Response, answer: unknown, { endpoint }: ClientConfig): CliError => {
  const { message, Message, __type } = (answer ?? {}) as { message?: string; Message?: string; __type?: string };
  const said = message ?? Message;
  if (said === undefined) {
    return new CliError("NOT_LAMBDAD", `what answers at ${endpoint} is not lambdad`, {
      why: `it answered ${response.status} to ${new URL(response.url).pathname}`,
      actions: ["name the server with --endpoint, or AWS_ENDPOINT_URL"],
    });
  }
  const code = (response.headers.get("x-amzn-errortype") ?? __type ?? "Refused").replace(/:.*$/, "").replace(/^.*#/, "");
  return new CliError(code, said, { isRetryable: response.status >= 500 });
};
