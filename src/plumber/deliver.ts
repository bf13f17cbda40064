import { assumeExecutionRole } from "../executor/credentials.ts";
import { ApiError, isApiError } from "../kit/api-error.ts";
import { parseArn } from "../kit/arn.ts";
import { serviceCaller, type Caller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { payloadOf, Postponed, TargetError, traceOf, type AsRole, type Delivery, type DeliveryOutcome, type Failure } from "./delivery.ts";
import type { Due } from "./delivery-rows.ts";
import { kindOf } from "./failure-kind.ts";
import { latestTryAt } from "./retry.ts";
import { createServiceRoles, type ServiceRoles } from "./roles.ts";
import { createTargets, type TargetNeeds } from "./targets/targets.ts";
import { createTurns } from "./turns.ts";

/** The names of roles' sessions, as AWS has them. */
const sessionNameOf = (principal: string): string => principal.split(".")[0]!;

const failureOf = (error: unknown): Failure => {
  if (error instanceof TargetError) return { kind: error.kind, code: error.code, message: error.message, ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) };
  if (isApiError(error)) return { kind: kindOf(error.code), code: error.code, message: error.message };
  return { kind: "failed", code: "ServiceException", message: error instanceof Error ? error.message : String(error) };
};

/** Hands an event to the target that its ARN names, through `call`: the target's own policy, or that of the role in whose name it comes, decides, at this moment. */
export const createDeliver = (needs: TargetNeeds & { wall: Clock }) => {
  const { call, clock, wall } = needs;
  const targets = createTargets(needs);
  const takeTurn = createTurns({ clock });
  const roles = new Map<string, ServiceRoles>();

  const rolesOf = (principal: string): ServiceRoles => {
    const known = roles.get(principal) ?? createServiceRoles({ call, wall, principal, sessionName: sessionNameOf(principal) });
    roles.set(principal, known);
    return known;
  };
  const asRole = async ({ account, role, principal, functionName, sourceArn }: AsRole, region: string): Promise<Caller> => {
    if (principal === undefined) return (await assumeExecutionRole(call, { account, region, roleArn: role, name: functionName })).caller;
    try {
      return (await rolesOf(principal)({ account, region, ...(sourceArn === undefined ? {} : { sourceArn }) }, role)).caller;
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw new TargetError("refused", "FAILED_TO_ASSUME_ROLE", `${principal} cannot assume the role ${role}: ${error.message}`);
    }
  };
  const callerOf = async ({ as, region }: Delivery): Promise<Caller> =>
    "role" in as ? asRole(as, region) : serviceCaller(as.service, as.account, { sourceArn: as.sourceArn, sourceAccount: as.sourceAccount });

  const send = async (given: Due) => {
    if (given.impossible !== undefined) throw new TargetError("refused", given.impossible.code, given.impossible.message);
    const delivery = { ...given, payload: payloadOf(given, given.attempts) };
    const arn = parseArn(delivery.targetArn);
    const sendTo = arn === undefined ? undefined : targets.get(arn.service);
    if (arn === undefined || sendTo === undefined) throw new ApiError("NotImplemented", `events cannot be delivered to ${delivery.targetArn}: only to ${[...targets.keys()].join(", ")}`, { status: 501 });
    const latestTurnAt = latestTryAt(given);
    if (delivery.perSecond !== undefined) takeTurn({ delivery, perSecond: delivery.perSecond, latestTurnAt });
    await sendTo({ delivery, arn, as: await callerOf(delivery), trace: traceOf(delivery), latestTurnAt });
  };

  return async (delivery: Due): Promise<DeliveryOutcome> => {
    try {
      await send(delivery);
      return { kind: "delivered" };
    } catch (error) {
      return error instanceof Postponed ? { kind: "postponed", turnAt: error.turnAt } : failureOf(error);
    }
  };
};
