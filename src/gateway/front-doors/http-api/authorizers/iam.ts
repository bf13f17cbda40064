import { isApiError } from "../../../../kit/api-error.ts";
import { createExecuteApiAuthorize } from "../../execute-api.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import { createSignedCaller } from "../../signed-caller.ts";
import { routeArn } from "../passage.ts";
import { Refused } from "../refusals.ts";
import type { Authorize } from "./authorize.ts";

/** SigV4 for `execute-api`, and `execute-api:Invoke` on what was asked for. */
export const createIamAuthorizer = (needs: FrontDoorNeeds): Authorize => {
  const signedCaller = createSignedCaller(needs, "execute-api");
  const refusalOf = createExecuteApiAuthorize(needs);

  return async (passage) => {
    const { request, requestId, trace, served: { api } } = passage;
    try {
      const caller = await signedCaller(request, await passage.body(), api.region);
      if (caller === undefined || caller.type === "anonymous") throw new Refused("forbidden", "the request is not signed, and the route asks for a signature (AWS_IAM)");
      const refusal = await refusalOf({ caller, api, action: "execute-api:Invoke", resource: routeArn(passage), request, requestId, trace });
      if (refusal !== undefined) throw refusal;
      passage.authorization = { iam: caller };
    } catch (error) {
      if (isApiError(error)) throw new Refused("forbidden", error.message);
      throw error;
    }
  };
};
