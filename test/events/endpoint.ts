import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";

export interface Asked {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A real HTTP server that tells what it was asked, for all tests of a file. Without an answer it answers 200. `"nothing"`: it never does. */
export const useEndpoint = () => {
  const asked: Asked[] = [];
  const endpoint = { url: "", asked, answer: (_asked: Asked): Answer | "nothing" | undefined => undefined };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      const one = { method: request.method!, path: request.url!, headers: request.headers, body };
      asked.push(one);
      const answer = endpoint.answer(one) ?? {};
      if (answer !== "nothing") response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
    endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return endpoint;
};
