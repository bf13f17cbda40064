import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { functionArn, openHttpApis, type ApiParts } from "../http-api/ground.ts";

export const API = "a1b2c3d4e5";
export const STAGE = "live";

export interface Client {
  socket: WebSocket;
  /** The next text that comes. */
  next(): Promise<string>;
  closed: Promise<{ code: number; reason: string }>;
}

/** A handshake that was refused. */
export interface RefusedHandshake {
  status: number;
  body: { message: string; connectionId?: string; requestId?: string };
}

const clientOf = (socket: WebSocket): Client => {
  const texts: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on("message", (data: Buffer) => (waiting.shift() ?? ((text: string) => void texts.push(text)))(data.toString()));
  const closed = new Promise<{ code: number; reason: string }>((done) => socket.once("close", (code, reason) => done({ code, reason: reason.toString() })));
  return { socket, closed, next: () => (texts.length > 0 ? Promise.resolve(texts.shift()!) : new Promise<string>((got) => waiting.push(got))) };
};

export const lambdaProxy = (over: Integration = {}): Integration => ({ IntegrationType: "AWS_PROXY", IntegrationUri: functionArn("f"), ...over });

/** A WebSocket API in this process: where Lambda would be, there is the test. */
export const openSockets = async (options: Parameters<typeof openHttpApis>[0] = {}) => {
  const on = await openHttpApis(options);
  const opened: WebSocket[] = [];
  onTestFinished(() => opened.forEach((socket) => socket.terminate()));

  const socketTo = (query: string, protocols: string[], given: ClientOptions): WebSocket => {
    const socket = new WebSocket(`${on.endpoint.replace("http", "ws")}/${STAGE}${query}`, protocols, { ...given, headers: { host: on.host(), "user-agent": "test", ...(given.headers as Record<string, string>) } });
    opened.push(socket);
    return socket;
  };
  const dial = (query = "", { protocols = [], ...given }: ClientOptions & { protocols?: string[] } = {}): Promise<Client> => {
    const socket = socketTo(query, protocols, given);
    const client = clientOf(socket);
    return new Promise((resolve, reject) => void socket.once("open", () => resolve(client)).once("error", reject));
  };
  const refused = (query = "", given: ClientOptions = {}): Promise<RefusedHandshake> =>
    new Promise((resolve, reject) => {
      const socket = socketTo(query, [], given);
      socket.once("open", () => reject(new Error("the handshake was not refused"))).on("error", () => {});
      socket.once("unexpected-response", (_sent, answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) as RefusedHandshake["body"] }));
      });
    });
  /** `answered` are the routes whose clients get an answer. */
  const saveSocketApi = ({ answered = [], others = [], ...parts }: ApiParts & { answered?: readonly string[] }) =>
    on.save({
      integrations: { main: lambdaProxy() }, routes: { $connect: {}, $default: {}, $disconnect: {} }, stages: { [STAGE]: {} }, ...parts,
      api: { ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action", ...parts.api },
      others: [...others, ...answered.map((key) => ["route-response", `r-${key}/a`, { RouteId: `r-${key}`, RouteResponseId: "a", RouteResponseKey: "$default" }] as const)],
    });
  /** What functions were given, of one type of events. */
  const events = (type: string) => on.invocations.map(({ event }) => event as Record<string, unknown> & { requestContext: Record<string, unknown> }).filter(({ requestContext }) => requestContext?.["eventType"] === type);

  return { ...on, dial, refused, save: saveSocketApi, events };
};

export type Sockets = Awaited<ReturnType<typeof openSockets>>;
