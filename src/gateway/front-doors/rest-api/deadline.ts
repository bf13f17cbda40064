import type { Clock } from "../../../kit/clock.ts";
import { REST_INTEGRATION_TIMEOUT_MS_MAX, REST_STREAM_TIMEOUT_MS_MAX } from "../../../kit/limits/apis.ts";
import type { Integration } from "@aws-sdk/client-api-gateway";
import { within } from "../within.ts";
import { GatewayFailure } from "./gateway-failure.ts";

export const timeoutOf = ({ timeoutInMillis, responseTransferMode }: Integration): number => timeoutInMillis ?? (responseTransferMode === "STREAM" ? REST_STREAM_TIMEOUT_MS_MAX : REST_INTEGRATION_TIMEOUT_MS_MAX);

/** What takes longer is not waited for: the function runs on, and nobody hears of it. Real processes live on the wall clock. */
export const withinDeadline = <T>(work: Promise<T>, ms: number, wall: Clock, onLate?: () => void): Promise<T> =>
  within(wall, ms, work, () => {
    onLate?.();
    return new GatewayFailure("INTEGRATION_TIMEOUT", { reason: `Execution failed due to a timeout error: the integration took longer than ${ms} ms` });
  });
