import { isApiError } from "../kit/api-error.ts";
import { parseArn } from "../kit/arn.ts";
import type { Call } from "../kit/call.ts";
import { serviceCaller } from "../kit/caller.ts";
import type { Trace } from "../kit/ledger.ts";

/** One event on its way to one target. */
export interface Delivery {
  /** Becomes the request id at the target, so that a repeated delivery is recognised. */
  id: string;
  traceId: string;
  lineage?: string;
  targetArn: string;
  /** JSON, as the target gets it. */
  payload: string;
  /** As whom: the service, and whom it acts for. The target's policy is asked with these. */
  as: { service: string; account: string; sourceArn: string; sourceAccount: string };
  region: string;
  /** Names of the ledger's that the delivery is found by. */
  keys: string[];
}

/** `refused` and `gone` are final; `failed` is worth another try. */
export type DeliveryOutcome = { kind: "delivered" } | { kind: "refused" | "gone" | "failed"; code: string; message: string };

const FINAL: Record<string, "refused" | "gone"> = {
  AccessDeniedException: "refused",
  AccessDenied: "refused",
  ResourceNotFoundException: "gone",
  InvalidParameterValueException: "gone",
  InvalidRequestContentException: "gone",
  RequestTooLargeException: "gone",
  ValidationException: "gone",
};

/** Hands an event to the target that its ARN names, through `call`: the target's own policy decides, at this moment. */
export const createDeliver =
  ({ call }: { call: Call }) =>
  async (delivery: Delivery): Promise<DeliveryOutcome> => {
    const { as, targetArn } = delivery;
    const arn = parseArn(targetArn);
    if (arn?.service !== "lambda") return { kind: "gone", code: "NotImplemented", message: `events cannot be delivered to ${targetArn} yet: only functions` };
    const trace: Trace = { id: delivery.traceId, ...(delivery.lineage === undefined ? {} : { lineage: delivery.lineage }) };
    try {
      await call("lambda", "Invoke", { FunctionName: targetArn, InvocationType: "Event", Payload: Buffer.from(delivery.payload) }, {
        as: serviceCaller(as.service, as.account, { sourceArn: as.sourceArn, sourceAccount: as.sourceAccount }),
        account: arn.account,
        region: arn.region,
        requestId: delivery.id,
        trace,
      });
      return { kind: "delivered" };
    } catch (error) {
      const [code, message] = isApiError(error) ? [error.code, error.message] : ["ServiceException", error instanceof Error ? error.message : String(error)];
      return { kind: FINAL[code] ?? "failed", code, message };
    }
  };
