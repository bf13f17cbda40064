import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";

const BASE = "/2018-06-01/runtime";
/** Only a runtime that was started from a snapshot may call them: AWS_LAMBDA_INITIALIZATION_TYPE tells it so. */
const CALLS = new Set([`GET ${BASE}/restore/next`, `POST ${BASE}/restore/error`]);

/** The part of the Runtime API that belongs to SnapStart: a call out of turn, as AWS's runtime interface emulator answers one, since nothing is restored here. */
export const refuseRestore = ({ method, url }: LocalRequest, response: LocalResponse): boolean => {
  if (!CALLS.has(`${method} ${url}`)) return false;
  const errorMessage = `${url} belongs to SnapStart, which is not built in this version of lambdad: no environment is ever restored here. Go on with GET ${BASE}/invocation/next`;
  const body = JSON.stringify({ errorMessage, errorType: "InvalidStateTransition" });
  response.writeHead(403, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }).end(body);
  return true;
};
