import { once } from "../../../../kit/once.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { InvokeFunction } from "../invoke-function.ts";
import type { Routed } from "../passage.ts";
import { Refused } from "../refusals.ts";

/** Lets a passage on, with what it has found out of who comes; ends it otherwise. */
export type Authorize = (passage: Routed) => Promise<void>;

/** Each kind is loaded with the first route that asks for it. What is not known lets nobody in. */
export const createAuthorizers = (needs: FrontDoorNeeds, invoke: InvokeFunction): Authorize => {
  const iam = once(async () => (await import("./iam.ts")).createIamAuthorizer(needs));
  const jwt = once(async () => (await import("./jwt.ts")).createJwtAuthorizer(needs));
  const lambda = once(async () => (await import("./lambda.ts")).createLambdaAuthorizer(needs, invoke));
  return async (passage) => {
    const { AuthorizationType = "NONE", authorizer, RouteKey } = passage.route;
    switch (AuthorizationType) {
      case "NONE": return;
      case "AWS_IAM": return (await iam())(passage);
      case "JWT":
        if (authorizer?.AuthorizerType !== "JWT") throw new Refused("authorizerFailed", `the route ${RouteKey} has no JWT authorizer`);
        return (await jwt())(passage, authorizer);
      case "CUSTOM":
        if (authorizer?.AuthorizerType !== "REQUEST") throw new Refused("authorizerFailed", `the route ${RouteKey} has no Lambda authorizer`);
        return (await lambda())(passage, authorizer);
      default: throw new Refused("authorizerFailed", `the authorization type ${AuthorizationType as string} is not built`);
    }
  };
};
