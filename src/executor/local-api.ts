import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";

/** What the APIs inside an environment have in common: they speak JSON, and say what is wrong as AWS's agent does. */
export const reply = (response: LocalResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void => {
  const body = JSON.stringify(value);
  response.writeHead(status, { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }).end(body);
};
export const fault = (response: LocalResponse, status: number, errorType: string, errorMessage: string): void => reply(response, status, { errorMessage, errorType });

/** The whole body, or undefined when it is longer than it may be: the rest is read, and not kept. Rejects when it breaks off. */
export const readBody = (request: LocalRequest, bytesMax: number): Promise<Buffer | undefined> => request.body(bytesMax);

/** Answers a request when it is one of its own; false when it is not. */
export type LocalApi = (request: LocalRequest, response: LocalResponse) => boolean;
