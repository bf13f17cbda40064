import { parseArn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import { serviceCaller, type Caller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import { createServiceRoles, type ActingFor, type ServiceRoles } from "../../plumber/roles.ts";

const SERVICE = "apigateway.amazonaws.com";
const STAGE_VARIABLE = /\$\{stageVariables\.(\w+)\}/g;
const FUNCTION_PATH = /^path\/(2015-03-31|2021-11-15)\/functions\/(.+)\/(invocations|response-streaming-invocations)$/;

export const withStageVariables = (text: string, variables: Readonly<Record<string, string>> = {}): string => text.replaceAll(STAGE_VARIABLE, (_all, name: string) => variables[name] ?? "");

export interface IntegratedFunction {
  /** With its qualifier, if there is one. */
  arn: string;
  account: string;
  region: string;
}

/**
 * The function that the URI of an integration or an authorizer names: its ARN, or
 * `arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<ARN>/invocations`, stage variables filled in. Undefined when it names none.
 */
export const functionOfUri = (uri: string, variables?: Readonly<Record<string, string>>): IntegratedFunction | undefined => {
  const named = parseArn(withStageVariables(uri, variables));
  const arn = named?.service === "apigateway" && named.account === "lambda" ? parseArn(FUNCTION_PATH.exec(named.resource)?.[2] ?? "") : named;
  if (arn?.service !== "lambda" || !arn.resource.startsWith("function:")) return undefined;
  return { arn: `arn:${arn.partition}:lambda:${arn.region}:${arn.account}:${arn.resource}`, account: arn.account, region: arn.region };
};

/** Stands, as the credentials of an integration, for whoever called the API. */
export const CALLERS_OWN = "arn:aws:iam::*:user/*";

/** Roles of the API's account, taken on as their trust policies let API Gateway. */
export const createApiRoles = (needs: { call: Call; wall: Clock }): ServiceRoles => createServiceRoles({ ...needs, principal: SERVICE, sessionName: "BackplaneAssumeRoleSession" });

export type ApiRoles = ServiceRoles;

/** As whom API Gateway does what an API asks for: itself, or a role of the API's account. */
export const createApiCallers = (needs: { call: Call; wall: Clock; roles?: ApiRoles }) => {
  const { roles = createApiRoles(needs) } = needs;
  return async (api: ActingFor, credentials: string | undefined, sourceArn: string): Promise<Caller> =>
    credentials === undefined ? serviceCaller(SERVICE, api.account, { sourceArn, sourceAccount: api.account }) : (await roles(api, credentials)).caller;
};

export type ApiCallers = ReturnType<typeof createApiCallers>;
