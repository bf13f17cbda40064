import { ApiError } from "../../kit/api-error.ts";
import type { Caller } from "../../kit/caller.ts";
import { createAuthenticate } from "../authenticate.ts";
import type { GatewayRequest } from "../dispatch.ts";
import type { GatewayNeeds } from "../needs.ts";

/**
 * Who signed a request to a front door; undefined when nobody did. Throws what is wrong with the signature.
 * @param service What it must be signed for: `lambda` for a function URL, `execute-api` for an API.
 */
export const createSignedCaller = (needs: GatewayNeeds, service: "lambda" | "execute-api") => {
  const authenticate = createAuthenticate({ ...needs, anyCredentials: needs.settings.anyCredentials });
  return async (request: GatewayRequest, body: Buffer, region: string | undefined): Promise<Caller | undefined> => {
    const { caller, service: signedFor } = await authenticate("json", { ...request, region, isOpen: true, buffer: async () => body });
    if (caller.type === "anonymous") return undefined;
    if (signedFor !== service) throw new ApiError("InvalidSignatureException", `Credential should be scoped to correct service: '${service}'.`, { status: 403 });
    return caller;
  };
};
