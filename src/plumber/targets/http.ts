import { HTTP_DELIVERY_ANSWER_BYTES_MAX, HTTP_DELIVERY_TIMEOUT_MS } from "../../kit/limits/deliveries.ts";
import { TargetError, type Delivery } from "../delivery.ts";
import { send, shownUrl } from "../outgoing.ts";

/** What other statuses than these say is final: the endpoint does not want the message ("Amazon SNS message delivery retries"). */
const isWorthAnotherTry = (status: number): boolean => status >= 500 || status === 429 || (status >= 100 && status < 400);

/** What the endpoint answers is read, within bounds, so that the connection can be kept. Its status has said all: whatever becomes of the rest, it has the message or not. */
const drain = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
  let bytes = 0;
  try {
    for await (const chunk of body) if ((bytes += chunk.length) > HTTP_DELIVERY_ANSWER_BYTES_MAX) return;
  } catch {
    // The connection is not kept.
  }
};

/** Posts a delivery. Redirects are not followed. */
export const sendToHttp = async ({ payload }: Delivery, { url, headers }: NonNullable<Delivery["http"]>): Promise<void> => {
  const body = Buffer.from(payload);
  const signal = AbortSignal.timeout(HTTP_DELIVERY_TIMEOUT_MS);
  let status: number;
  try {
    const answer = await send({ url: new URL(url), method: "POST", headers: { ...headers, "content-length": String(body.length) }, body, signal });
    status = answer.status;
    await drain(answer.body);
  } catch (error) {
    throw new TargetError("failed", signal.aborted ? "TIMEOUT" : "CONNECTION_FAILURE", error instanceof Error ? error.message : String(error));
  }
  if (status < 200 || status > 299) throw new TargetError(isWorthAnotherTry(status) ? "failed" : "refused", `HTTP_${status}`, `${shownUrl(url)} answered ${status}`);
};
