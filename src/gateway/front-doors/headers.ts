import type { GatewayRequest } from "../dispatch.ts";

/** Of one connection, not of the request: RFC 9110, 7.6.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

export const isHopByHop = (lowerCaseName: string): boolean => HOP_BY_HOP.has(lowerCaseName) || lowerCaseName.startsWith(":");

/** Without the form that IPv6 gives to an address of IPv4. */
export const sourceIp = ({ ip }: Pick<GatewayRequest, "ip">): string => ip.replace(/^::ffff:/, "");

/** What a front door tells the function beside what the client sent: by which address and port the client came, and the chain of events. */
export const forwardedHeaders = (request: Pick<GatewayRequest, "ip" | "headers">, traceHeader: string): Record<string, string> => {
  const before = request.headers["x-forwarded-for"];
  const ip = sourceIp(request);
  return {
    "x-amzn-trace-id": traceHeader,
    "x-forwarded-for": before === undefined ? ip : `${before}, ${ip}`,
    "x-forwarded-port": /:(\d+)$/.exec(request.headers["host"] ?? "")?.[1] ?? "80",
    "x-forwarded-proto": "http",
  };
};

/** Name and value of each header, as it came, without those of the connection. */
export function* headerFields({ rawHeaders }: Pick<GatewayRequest, "rawHeaders">): Generator<[name: string, value: string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (!isHopByHop(rawHeaders[index]!.toLowerCase())) yield [rawHeaders[index]!, rawHeaders[index + 1]!];
  }
}
