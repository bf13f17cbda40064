import type { WireResponse } from "../../../protocol/http.ts";
import type { Findings } from "../findings.ts";

/** What HTTP APIs say of their own. Source: answers of API Gateway; `$context.error.responseType` names their kinds. */
const REFUSALS = {
  notFound: [404, "Not Found", "MISSING_ROUTE"],
  forbidden: [403, "Forbidden", "ACCESS_DENIED"],
  unauthorized: [401, "Unauthorized", "UNAUTHORIZED"],
  tooLarge: [413, "Request Entity Too Large", "REQUEST_TOO_LARGE"],
  headersTooLarge: [431, "Request Header Fields Too Large", "REQUEST_TOO_LARGE"],
  tooMany: [429, "Too Many Requests", "THROTTLED"],
  failed: [500, "Internal Server Error", "INTEGRATION_FAILURE"],
  authorizerFailed: [500, "Internal Server Error", "AUTHORIZER_FAILURE"],
  unavailable: [503, "Service Unavailable", "INTEGRATION_FAILURE"],
} as const;

export type RefusalKind = keyof typeof REFUSALS;

/** The API's own refusal; what it was is noted for the access log. */
export const refuse = (kind: RefusalKind, findings?: Findings, headers: Record<string, string> = {}): WireResponse => {
  const [status, message, type] = REFUSALS[kind];
  if (findings !== undefined) Object.assign(findings, { errorMessage: message, errorType: type });
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ message }) };
};

/** Ends a passage with the API's own answer, from wherever it is. */
export class Refused extends Error {
  readonly kind: RefusalKind;
  readonly headers: Record<string, string>;
  /** `why` tells it, the client does not see it. */
  constructor(kind: RefusalKind, why: string, headers: Record<string, string> = {}) {
    super(why);
    this.kind = kind;
    this.headers = headers;
  }
}
