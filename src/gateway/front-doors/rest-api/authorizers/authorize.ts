import { createExecuteApiAuthorize } from "../../execute-api.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import { createSignedCaller } from "../../signed-caller.ts";
import type { Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import type { ApiRoles } from "../../integrated-function.ts";
import { authorizationOf, decide, isDeniedByPolicy } from "./authorizer-answer.ts";
import { createCognitoAuthorizer } from "./cognito.ts";
import { createIamAuthorization } from "./iam.ts";
import { createLambdaAuthorizer } from "./lambda-authorizer.ts";

/** Whether the request may go on, as its method says that this is found out. What is not built lets nobody in. */
export const createAuthorization = (needs: FrontDoorNeeds & { roles: ApiRoles }) => {
  const iam = createIamAuthorization({ signedCaller: createSignedCaller(needs, "execute-api"), refusalOf: createExecuteApiAuthorize(needs) });
  const askFunction = createLambdaAuthorizer(needs);
  const askCognito = createCognitoAuthorizer(needs);

  const timed = async (exchange: Exchange, work: () => Promise<NonNullable<Exchange["authorization"]>>): Promise<void> => {
    const from = needs.clock.monotonic();
    const authorization = await work();
    exchange.authorization = { ...authorization, status: 200, latencyMs: Math.round(needs.clock.monotonic() - from) };
  };

  return async (exchange: Exchange): Promise<void> => {
    const { authorizationType = "NONE", authorizerId } = exchange.method!;
    if (authorizationType === "NONE") return iam.open(exchange);
    if (authorizationType === "AWS_IAM") return iam.signed(exchange);
    const authorizer = exchange.serving.compiled.authorizers.get(authorizerId ?? "");
    if (authorizer === undefined) throw new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `the method's authorizer ${authorizerId} does not exist` });
    if (authorizationType === "COGNITO_USER_POOLS" && authorizer.type === "COGNITO_USER_POOLS") {
      await iam.open(exchange);
      return timed(exchange, () => askCognito(authorizer, exchange));
    }
    if (authorizationType === "CUSTOM" && (authorizer.type === "TOKEN" || authorizer.type === "REQUEST")) {
      if (isDeniedByPolicy(exchange, needs.wall.now())) throw new GatewayFailure("ACCESS_DENIED", { message: "User is not authorized to access this resource with an explicit deny in a resource-based policy" });
      return timed(exchange, async () => {
        const answer = await askFunction(authorizer, exchange);
        decide(exchange, answer, needs.wall.now());
        return authorizationOf(answer);
      });
    }
    throw new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `authorization of the type ${authorizationType} by an authorizer of the type ${authorizer.type} is not built` });
  };
};
