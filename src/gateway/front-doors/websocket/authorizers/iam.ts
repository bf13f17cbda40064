import { isApiError } from "../../../../kit/api-error.ts";
import { createExecuteApiAuthorize } from "../../execute-api.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import { createSignedCaller } from "../../signed-caller.ts";
import { Refused } from "../refusals.ts";
import { routeArn } from "../turn.ts";
import type { Authorize } from "./authorize.ts";

const NOTHING = Buffer.alloc(0);

/** SigV4 for `execute-api`, in headers or, as browsers must, in the query; and `execute-api:Invoke` on `<stage>/$connect`. */
export const createIamAuthorizer = (needs: FrontDoorNeeds): Authorize => {
  const signedCaller = createSignedCaller(needs, "execute-api");
  const refusalOf = createExecuteApiAuthorize(needs);

  return async (turn, { request }) => {
    const { served: { api }, requestId, trace } = turn;
    try {
      const caller = await signedCaller(request, NOTHING, api.region);
      if (caller === undefined || caller.type === "anonymous") throw new Refused("forbidden", "the handshake is not signed, and $connect asks for a signature (AWS_IAM)");
      const refusal = await refusalOf({ caller, api, action: "execute-api:Invoke", resource: routeArn(turn), request, requestId, trace });
      if (refusal !== undefined) throw refusal;
      turn.connection.signer = caller;
    } catch (error) {
      if (isApiError(error)) throw new Refused("forbidden", error.message);
      throw error;
    }
  };
};
