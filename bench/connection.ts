import { connect, type Socket } from "node:net";

export interface Answer {
  status: number;
  head: string;
  body: Buffer;
}

export interface Connection {
  /** Writes one whole request, and resolves with the last byte of its answer. One at a time. */
  send(request: Buffer): Promise<Answer>;
  close(): void;
}

const HEAD_END = "\r\n\r\n";

/** A kept-alive HTTP/1.1 connection that does no more than it must: the generator shall cost less than what it measures. */
export const openConnection = ({ host, port }: { host: string; port: number }): Promise<Connection> =>
  new Promise((resolve, reject) => {
    let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
    let received = Buffer.alloc(0);
    const socket: Socket = connect({ host, port, noDelay: true }, () =>
      resolve({
        send: (request) =>
          new Promise((resolveAnswer, rejectAnswer) => {
            waiting = { resolve: resolveAnswer, reject: rejectAnswer };
            socket.write(request);
          }),
        close: () => void socket.destroy(),
      }),
    );
    const fail = (error: Error) => {
      reject(error);
      waiting?.reject(error);
    };
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the server closed the connection")));
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = readAnswer(received);
      if (answer === undefined) return;
      received = Buffer.alloc(0);
      const { resolve: answerTo } = waiting!;
      waiting = undefined;
      answerTo(answer);
    });
  });

/** Undefined while bytes are missing. */
const readAnswer = (bytes: Buffer): Answer | undefined => {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length:\n${head}`);
  const from = end + HEAD_END.length;
  if (bytes.length < from + Number(length)) return undefined;
  return { status: Number(head.slice(9, 12)), head, body: bytes.subarray(from, from + Number(length)) };
};
