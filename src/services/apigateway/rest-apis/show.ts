import type { RestApi } from "@aws-sdk/client-api-gateway";
import { toDate, type RestApiRecord } from "../needs.ts";

/** A policy is told as the inside of a JSON text, with its quotes escaped. */
export const showApi = ({ apiId, createdAt, body }: RestApiRecord): RestApi => {
  const { name, policy, ...others } = body;
  return { id: apiId, name, createdDate: toDate(createdAt), ...others, ...(policy === undefined ? {} : { policy: JSON.stringify(policy).slice(1, -1) }), apiStatus: "AVAILABLE" };
};
