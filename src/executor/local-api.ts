import type { IncomingMessage, ServerResponse } from "node:http";

/** What the APIs inside an environment have in common: they speak JSON, and say what is wrong as AWS's agent does. */
export const reply = (response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void => {
  const body = JSON.stringify(value);
  response.writeHead(status, { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }).end(body);
};
export const fault = (response: ServerResponse, status: number, errorType: string, errorMessage: string): void => reply(response, status, { errorMessage, errorType });

/** The whole body, or undefined when it is longer than it may be: the rest is read, and not kept. Rejects when it breaks off. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  return total > bytesMax ? undefined : Buffer.concat(chunks);
};

/** Answers a request when it is one of its own; false when it is not. */
export type LocalApi = (request: IncomingMessage, response: ServerResponse) => boolean;
