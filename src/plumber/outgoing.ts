import { lookup as resolve, type LookupAddress, type LookupOptions } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { BlockList, isIP } from "node:net";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

/** Where clouds tell their machines who they are: AWS and most others, Google, Alibaba, Oracle, Azure, and the first of them through NAT64. The rest of what this machine can reach may be spoken to: it is its owner's. */
const closed = new BlockList();
closed.addSubnet("169.254.0.0", 16, "ipv4");
closed.addSubnet("fe80::", 10, "ipv6");
closed.addAddress("fd00:ec2::254", "ipv6");
closed.addAddress("fd20:ce::254", "ipv6");
for (const address of ["100.100.100.200", "192.0.0.192", "168.63.129.16"]) closed.addAddress(address, "ipv4");
closed.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");

const isClosed = (address: string): boolean => closed.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

const refusal = (host: string, address: string): Error => new Error(`${host} is ${address}: link-local and other addresses where clouds keep their metadata are closed`);

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

const guardedLookup = (host: string, options: LookupOptions, callback: LookupCallback): void => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const bad = addresses.find(({ address }) => isClosed(address));
    if (bad !== undefined) return callback(refusal(host, bad.address), []);
    if (options.all === true) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

/** Without the password that may stand in it. */
export const shownUrl = (url: string): string => url.replace(/^(https?:\/\/[^/?#@:]*:)[^/?#]*@/i, "$1****@");

const KEPT_CONNECTIONS_MAX = 32;
const agentOptions = { keepAlive: true, maxFreeSockets: KEPT_CONNECTIONS_MAX };
const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };

export interface Outgoing {
  url: URL;
  method: string;
  headers: Record<string, string | string[]>;
  body?: AsyncIterable<Uint8Array> | Uint8Array | undefined;
  /** The name that a certificate has to have, where it is another than the URL's. */
  serverName?: string | undefined;
  signal: AbortSignal;
}

export interface Incoming {
  status: number;
  rawHeaders: readonly string[];
  body: AsyncIterable<Uint8Array>;
}

/** A kept connection was closed by the other side while this was on its way: nobody has seen it. */
class ClosedMeanwhile extends Error {}

/** Of a name that has several addresses nothing is said but that none of them was reached. */
const inWords = (error: NodeJS.ErrnoException): NodeJS.ErrnoException =>
  error instanceof AggregateError && error.message === "" ? Object.assign(new Error(error.errors.map(String).join("; "), { cause: error }), { code: (error as NodeJS.ErrnoException).code }) : error;

const isWhole = (body: Outgoing["body"]): body is Uint8Array | undefined => body === undefined || body instanceof Uint8Array;

/** The head of the answer, its body as it comes. Rejects when it cannot be had. */
export const send = async (outgoing: Outgoing): Promise<Incoming> => {
  try {
    return await sendOnce(outgoing);
  } catch (error) {
    if (error instanceof ClosedMeanwhile) return sendOnce(outgoing);
    throw error;
  }
};

const sendOnce = ({ url, method, headers, body, serverName, signal }: Outgoing): Promise<Incoming> =>
  new Promise((answered, failed) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && isClosed(host)) return failed(refusal(url.hostname, host));
    const isSecure = url.protocol === "https:";
    const options: RequestOptions & { servername?: string } = {
      method, headers, signal, lookup: guardedLookup as RequestOptions["lookup"], agent: isSecure ? agents.https : agents.http, ...(serverName === undefined ? {} : { servername: serverName }),
    };
    const sent = (isSecure ? httpsRequest : httpRequest)(url, options, (response: IncomingMessage) => answered({ status: response.statusCode!, rawHeaders: response.rawHeaders, body: response }));
    sent.on("error", (error: NodeJS.ErrnoException) => failed(sent.reusedSocket && error.code === "ECONNRESET" && isWhole(body) ? new ClosedMeanwhile(error.message) : inWords(error)));
    if (isWhole(body)) sent.end(body);
    else {
      pipeline(Readable.from(body, { objectMode: false }), sent).catch((error: Error) => {
        sent.destroy(error);
        failed(error);
      });
    }
  });

/** The beginning of an answer. What is longer is cut off, and its connection with it. */
export const readWithin = async (body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    if ((bytes += chunk.length) >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
};
