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
    let chunks: Buffer[] = [];
    let [arrived, needed] = [0, 0];
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
      chunks.push(chunk);
      arrived += chunk.length;
      // A large answer comes in many chunks: they are joined when its length is known, and when it is whole.
      if (arrived < needed) return;
      const received = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      const answer = readAnswer(received);
      if (typeof answer === "number") {
        needed = answer;
        chunks = [received];
        return;
      }
      [chunks, arrived, needed] = [[], 0, 0];
      const { resolve: answerTo } = waiting!;
      waiting = undefined;
      answerTo(answer);
    });
  });

/** How many bytes it has at least, while some are missing. */
const readAnswer = (bytes: Buffer): Answer | number => {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return bytes.length + 1;
  const head = bytes.toString("latin1", 0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length:\n${head}`);
  const from = end + HEAD_END.length;
  const whole = from + Number(length);
  if (bytes.length < whole) return whole;
  return { status: Number(head.slice(9, 12)), head, body: bytes.subarray(from, whole) };
};
