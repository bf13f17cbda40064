import { CliError } from "./cli-error.ts";

const UNREACHABLE = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EHOSTUNREACH", "ETIMEDOUT", "EAI_AGAIN", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"]);

/** Turns what a command threw into what, why and what next. */
export const explainFailure = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  const network = networkCode(error);
  if (network !== undefined) return notRunning(`the connection ended with ${network}`);
  if (isServiceError(error)) return explainServiceError(error);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return new CliError("INTERNAL", message, { why: stack?.split("\n")[1]?.trim(), actions: ["this is a bug of lambdad: please report it with the command that showed it"], cause: error });
};

const notRunning = (why: string): CliError =>
  new CliError("NOT_RUNNING", "no lambdad server answers", {
    category: "notRunning",
    why,
    actions: ["start it with: npm start (or: npx lambdad start)", "name another server with --endpoint, or AWS_ENDPOINT_URL"],
    isRetryable: true,
  });

/** Of the error or of what caused it: the SDK wraps it, and Node gathers several addresses' errors into one. */
const networkCode = (error: unknown, depth = 0): string | undefined => {
  if (typeof error !== "object" || error === null || depth > 4) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === "string" && UNREACHABLE.has(code)) return code;
  const inner = networkCode(cause, depth + 1);
  if (inner !== undefined) return inner;
  return Array.isArray(errors) ? errors.map((one) => networkCode(one, depth + 1)).find((found) => found !== undefined) : undefined;
};

interface ServiceError extends Error {
  $fault: string;
  $metadata?: { requestId?: string; httpStatusCode?: number };
  $retryable?: unknown;
}

const isServiceError = (error: unknown): error is ServiceError => error instanceof Error && "$fault" in error;

const explainServiceError = (error: ServiceError): CliError => {
  const requestId = error.$metadata?.requestId;
  const isDenied = /AccessDenied/.test(error.name);
  return new CliError(error.name, error.message || `the server answered ${error.$metadata?.httpStatusCode ?? "an error"}`, {
    actions: requestId === undefined ? [] : [`${isDenied ? "see which permission is missing" : "see what happened"}: lambdad why ${requestId}`],
    isRetryable: error.$retryable !== undefined || (error.$metadata?.httpStatusCode ?? 0) >= 500,
    cause: error,
  });
};
