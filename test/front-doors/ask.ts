import { request as httpRequest, type IncomingHttpHeaders } from "node:http";

export interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
}

export interface FrontDoorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
  json: unknown;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A request to a host whose name need not be known to any resolver: it goes to the server, with that name as its Host. */
export const ask = (endpoint: string, host: string, { method = "GET", path = "/", headers = {}, body }: Asked = {}): Promise<FrontDoorAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const sent = httpRequest({ hostname, port, path, method, headers: { host, ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject).on("end", () => {
        const whole = Buffer.concat(chunks);
        resolve({ status: response.statusCode!, headers: response.headers, body: whole, text: whole.toString(), json: parse(whole.toString()) });
      });
    });
    sent.on("error", reject).end(body);
  });
