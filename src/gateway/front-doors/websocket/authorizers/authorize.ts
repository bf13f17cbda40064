import { once } from "../../../../kit/once.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import { Refused } from "../refusals.ts";
import type { HandshakeFacts, Routed } from "../turn.ts";

/** Lets a client on, with what it has found out of it; ends the turn otherwise. */
export type Authorize = (turn: Routed, handshake: HandshakeFacts) => Promise<void>;

/** Of $connect alone. Each kind is loaded with the first route that asks for it; what is not known lets nobody in. */
export const createAuthorize = (needs: FrontDoorNeeds, invoke: InvokeFunction): Authorize => {
  const iam = once(async () => (await import("./iam.ts")).createIamAuthorizer(needs));
  const lambda = once(async () => (await import("./lambda.ts")).createLambdaAuthorizer(needs, invoke));
  return async (turn, handshake) => {
    const { AuthorizationType = "NONE", authorizer } = turn.route;
    switch (AuthorizationType) {
      case "NONE": return;
      case "AWS_IAM": return (await iam())(turn, handshake);
      case "CUSTOM":
        if (authorizer?.AuthorizerType !== "REQUEST") throw new Refused("failed", `the route ${turn.route.RouteKey} has no Lambda authorizer`);
        return (await lambda())(turn, handshake, authorizer);
      default: throw new Refused("failed", `the authorization type ${AuthorizationType as string} is not built`);
    }
  };
};
