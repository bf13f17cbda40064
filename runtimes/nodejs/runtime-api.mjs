// The client side of the Runtime API, on a plain socket: node:http costs several times the call itself.
import { connect as connectTcp } from "node:net";

export const PATH = "/2018-06-01/runtime";
const HEAD_END = Buffer.from("\r\n\r\n");

const parseHead = (text) => {
  const [status, ...lines] = text.split("\r\n");
  const headers = {};
  for (const line of lines) {
    const at = line.indexOf(":");
    headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  return { status: Number(status.split(" ")[1]), headers };
};

export const connect = async (address) => {
  const [host, port] = address.split(":");
  const socket = connectTcp({ host, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let buffer = Buffer.alloc(0);
  let waiting;

  const take = () => {
    const end = buffer.indexOf(HEAD_END);
    if (end < 0 || waiting === undefined) return;
    const head = parseHead(buffer.toString("latin1", 0, end));
    const length = Number(head.headers["content-length"] ?? 0);
    const start = end + HEAD_END.length;
    if (buffer.length < start + length) return;
    const body = buffer.subarray(start, start + length);
    buffer = buffer.subarray(start + length);
    const { resolve } = waiting;
    waiting = undefined;
    resolve({ ...head, body });
  };
  socket.on("data", (chunk) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    take();
  });
  // The platform has ended this environment.
  socket.on("error", () => process.exit(1));
  socket.on("close", () => process.exit(1));

  const request = (method, path, body = "", headers = "") =>
    new Promise((resolve) => {
      waiting = { resolve };
      const bytes = Buffer.from(body);
      const type = bytes.length === 0 ? "" : "Content-Type: application/json\r\n";
      const head = Buffer.from(`${method} ${PATH}${path} HTTP/1.1\r\nHost: ${address}\r\nContent-Length: ${bytes.length}\r\n${type}${headers}\r\n`, "latin1");
      socket.write(bytes.length === 0 ? head : Buffer.concat([head, bytes]));
    });
  const report = (path, payload) => request("POST", path, JSON.stringify(payload), `Lambda-Runtime-Function-Error-Type: ${String(payload.errorType).replace(/[^\x21-\x7e]/g, "?")}\r\n`);

  return {
    async next() {
      const { headers, body } = await request("GET", "/invocation/next");
      return {
        id: headers["lambda-runtime-aws-request-id"],
        deadlineMs: Number(headers["lambda-runtime-deadline-ms"]),
        arn: headers["lambda-runtime-invoked-function-arn"],
        traceId: headers["lambda-runtime-trace-id"],
        clientContext: headers["lambda-runtime-client-context"],
        cognitoIdentity: headers["lambda-runtime-cognito-identity"],
        tenantId: headers["lambda-runtime-aws-tenant-id"],
        body,
      };
    },
    response: (id, body) => request("POST", `/invocation/${id}/response`, body),
    error: (id, payload) => report(`/invocation/${id}/error`, payload),
    initError: (payload) => report("/init/error", payload),
    /** What was told is with the platform. */
    flush: async () => {},
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  };
};
