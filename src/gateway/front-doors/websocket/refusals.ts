/** What WebSocket APIs say of their own: the status is a handshake's, the text a message's too. */
const REFUSALS = {
  badRequest: [400, "Bad Request"],
  unauthorized: [401, "Unauthorized"],
  forbidden: [403, "Forbidden"],
  unsupported: [415, "Unsupported Media Type"],
  tooMany: [429, "Too Many Requests"],
  failed: [500, "Internal server error"],
  badAnswer: [502, "Internal server error"],
  late: [504, "Endpoint request timed out"],
} as const;

export type RefusalKind = keyof typeof REFUSALS;

/** What a client is told with a status that an integration, and not the gateway, gave. */
const TEXTS: Readonly<Record<number, string>> = Object.fromEntries(Object.values(REFUSALS));

export const textOfStatus = (status: number): string => TEXTS[status] ?? (status >= 500 ? "Internal server error" : "Forbidden");

/** Ends a turn with the gateway's own answer, from wherever it is. */
export class Refused extends Error {
  readonly kind: RefusalKind;
  readonly status: number;
  /** What the client is told. */
  readonly text: string;
  /** `why` tells it, the client does not see it. */
  constructor(kind: RefusalKind, why: string) {
    super(why);
    this.kind = kind;
    [this.status, this.text] = REFUSALS[kind];
  }
}
