import { parseArn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import { serviceCaller, type Caller, type RoleSessionCaller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import { API_ROLE_SESSION_MS, API_ROLE_SESSION_SPARE_MS } from "../../kit/limits.ts";

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

/** Whose roles those are that an API acts as. */
interface Place {
  account: string;
  region: string;
}

/** A role that an API acts as. */
export interface RoleSession {
  caller: RoleSessionCaller;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** Roles of the API's account, taken on as their trust policies let API Gateway. Rejects with the refusal. One session for all that a role does, until shortly before its end. */
export const createApiRoles = ({ call, wall }: { call: Call; wall: Clock }) => {
  const sessions = new Map<string, Promise<RoleSession>>();

  const assume = async ({ account, region }: Place, roleArn: string): Promise<RoleSession> => {
    const input = { RoleArn: roleArn, RoleSessionName: "BackplaneAssumeRoleSession", DurationSeconds: API_ROLE_SESSION_MS / 1000 };
    const { Credentials, AssumedRoleUser } = await call("sts", "AssumeRole", input, { as: serviceCaller(SERVICE, account), region });
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration } = Credentials!;
    const caller: RoleSessionCaller = {
      type: "role-session", account: parseArn(roleArn)!.account, arn: AssumedRoleUser!.Arn!, userId: AssumedRoleUser!.AssumedRoleId!, roleArn, sessionName: input.RoleSessionName, expiresAt: Expiration!.getTime(), accessKeyId: accessKeyId!,
    };
    return { caller, accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! };
  };

  return async (api: Place, roleArn: string): Promise<RoleSession> => {
    const key = `${api.account} ${roleArn}`;
    const known = await sessions.get(key);
    if (known !== undefined && known.caller.expiresAt - API_ROLE_SESSION_SPARE_MS > wall.now()) return known;
    const made = assume(api, roleArn);
    sessions.set(key, made);
    made.catch(() => sessions.delete(key));
    return made;
  };
};

export type ApiRoles = ReturnType<typeof createApiRoles>;

/** As whom API Gateway does what an API asks for: itself, or a role of the API's account. */
export const createApiCallers = (needs: { call: Call; wall: Clock; roles?: ApiRoles }) => {
  const { roles = createApiRoles(needs) } = needs;
  return async (api: Place, credentials: string | undefined, sourceArn: string): Promise<Caller> =>
    credentials === undefined ? serviceCaller(SERVICE, api.account, { sourceArn, sourceAccount: api.account }) : (await roles(api, credentials)).caller;
};

export type ApiCallers = ReturnType<typeof createApiCallers>;
