import type { ApiError } from "../../../kit/api-error.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import type { WireResponse } from "../../../protocol/http.ts";

const answer = (status: number, code: string, message: string): WireResponse => ({
  status,
  headers: { "content-type": "application/json", "x-amzn-errortype": code },
  body: JSON.stringify({ Message: message }),
});

/** Whoever may not come in, and whoever comes to an address that is nobody's. */
export const forbidden = (): WireResponse =>
  answer(403, "AccessDeniedException", "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html");

export const tooLarge = (): WireResponse => answer(413, "RequestTooLargeException", `Request must be smaller than ${SYNC_PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`);

/** The function failed, or gave no answer that HTTP has. */
export const badGateway = (): WireResponse => ({ status: 502, headers: { "content-type": "application/json" }, body: "Internal Server Error" });

/** What the Lambda API refused: whose fault it was, without telling a stranger more than AWS does. */
export const refusalOf = (error: ApiError): WireResponse => {
  switch (error.code) {
    case "AccessDeniedException": return forbidden();
    case "ResourceNotFoundException": return forbidden();
    case "RequestTooLargeException": return tooLarge();
    case "TooManyRequestsException": return answer(429, error.code, "Rate Exceeded.");
    case "RecursiveInvocationException": return answer(400, error.code, error.message);
    // Signatures are refused in the words that say what is wrong with them.
    default: return error.status !== undefined && error.status < 500 ? answer(error.status, error.code, error.message) : badGateway();
  }
};
