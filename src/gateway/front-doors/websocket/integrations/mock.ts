import { isRecord, parseJson } from "../../parse-json.ts";
import { Refused } from "../refusals.ts";
import type { RunIntegration } from "./integration.ts";
import { mappedRequest } from "./request.ts";
import { mapResponse } from "./response.ts";

const NOTHING = Buffer.alloc(0);

/** Nothing stands behind it: the request template says which status is answered. One without any template answers 200. */
export const mockIntegration: RunIntegration = async (turn, integration) => {
  if (Object.keys(integration.RequestTemplates ?? {}).length === 0) return mapResponse(turn, integration, { status: 200, headers: {}, body: NOTHING });
  const { body } = await mappedRequest(turn, integration);
  const value = parseJson(body);
  const status = isRecord(value) ? Number(value["statusCode"]) : Number.NaN;
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Refused("failed", "the request template of a MOCK integration gives no statusCode from 200 to 599");
  return mapResponse(turn, integration, { status, headers: {}, body: NOTHING });
};
