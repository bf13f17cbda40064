import type { WireResponse } from "../protocol/http.ts";

const NOT_BUILT =
  "Function URLs' HTTP front door is not built in this version of lambdad: this host name is a function URL, whose configuration is kept, but no request to it invokes the function yet. Call the Lambda API's Invoke instead.";

/** What a request to a function URL is answered. */
export const answerFunctionUrl = (): WireResponse => ({
  status: 501,
  headers: { "content-type": "application/json", "x-amzn-errortype": "NotImplemented", connection: "close" },
  body: `${JSON.stringify({ Message: NOT_BUILT })}\n`,
});
