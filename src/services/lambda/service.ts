import { FUNCTION_SETTLE_MS } from "../../kit/limits.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { concurrencyHandlers } from "./concurrency.ts";
import { createDeployments } from "./deployments.ts";
import { eventInvokeConfigHandlers } from "./event-invoke-config.ts";
import { functionHandlers } from "./functions.ts";
import { createGarbage } from "./garbage.ts";
import { invokeHandlers } from "./invoke.ts";
import { parseFunctionName } from "./names.ts";
import type { Lambda, LambdaNeeds, LambdaParts } from "./needs.ts";
import { neverConfiguredHandlers } from "./never-configured.ts";
import { functionPolicy, policyHandlers } from "./policies.ts";
import { tagHandlers } from "./tags.ts";
import { updateHandlers } from "./updates.ts";

interface Named {
  FunctionName?: string;
  Qualifier?: string;
  Resource?: string;
  Role?: string;
}

const ACTIONS: Record<string, string> = { Invoke: "InvokeFunction" };

/** The function that a call speaks of; undefined when it speaks of none. A name that is none is refused by its handler. */
const functionOf = ({ FunctionName, Qualifier, Resource }: Named, context: RequestContext): { arn: string; account: string; name: string } | undefined => {
  const text = FunctionName ?? Resource;
  if (text === undefined) return undefined;
  try {
    return parseFunctionName(text, context, Qualifier);
  } catch {
    return undefined;
  }
};

const permissionsOf = (operation: string, input: Named, context: RequestContext): Permission[] => {
  const named = functionOf(input, context);
  const own: Permission = { action: `lambda:${ACTIONS[operation] ?? operation}`, resource: named?.arn ?? "*" };
  // Whoever configures a function hands it a role, and must be allowed to. A role of another account is refused by the handler.
  return input.Role === undefined || parseArn(input.Role)?.account !== context.account ? [own] : [own, { action: "iam:PassRole", resource: input.Role, context: { "iam:PassedToService": "lambda.amazonaws.com" } }];
};

/** AWS Lambda. */
export const createLambdaService = (needs: LambdaNeeds): Service<Lambda> => {
  const garbage = createGarbage(needs);
  const deployments = createDeployments({ ...needs, garbage });
  const lambda: LambdaParts = { ...needs, garbage, deployments, settleMs: needs.settleMs ?? FUNCTION_SETTLE_MS };
  Promise.all([garbage.recover(), deployments.recover()]).catch((error: unknown) => needs.log.warn("Lambda could not look for what a crash left: it tries again at the next start", { error: String(error) }));
  const handlers = { ...functionHandlers(lambda), ...updateHandlers(lambda), ...invokeHandlers(needs), ...policyHandlers(needs), ...tagHandlers(needs), ...concurrencyHandlers(needs), ...eventInvokeConfigHandlers(needs), ...neverConfiguredHandlers(needs) };
  const permissions = Object.fromEntries(Object.keys(handlers).map((operation) => [operation, (input: Named, context: RequestContext) => permissionsOf(operation, input, context)]));
  return {
    handlers,
    permissions: permissions as unknown as Service<Lambda>["permissions"],
    resourcePolicy: ({ resource }) => functionPolicy(needs.store, resource),
    ledgerKeys(_operation, input, context) {
      const named = functionOf(input as Named, context);
      return named === undefined ? [] : [named.name, named.arn];
    },
  };
};
