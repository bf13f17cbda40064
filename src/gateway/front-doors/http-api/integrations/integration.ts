import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { HTTP_API_TIMEOUT_MS_MAX } from "../../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../../protocol/http.ts";
import type { Routed } from "../passage.ts";
import type { Seen } from "../events.ts";

/** What stands behind a route. It answers, or ends the passage with a `Refused`. */
export type RunIntegration = (passage: Routed, integration: Integration, seen: Seen) => Promise<WireResponse>;

export const timeoutOf = ({ TimeoutInMillis }: Integration): number => TimeoutInMillis ?? HTTP_API_TIMEOUT_MS_MAX;
