import type { ApiStage, ThrottleSettings } from "@aws-sdk/client-api-gateway";
import type { StoredUsagePlan } from "../../../plumber/apis/usage-plans.ts";
import { badRequest, notFound } from "../errors.ts";
import type { Patch, Rule, Rules } from "../patch/patch.ts";
import { asDouble, asInteger, asOneOf, member, required, type Read } from "../patch/rules.ts";
import { getAt, removeAt, setAt } from "../patch/pointer.ts";
import { apiStageName, parseApiStage } from "./api-stages.ts";

const stageNamed = (plan: StoredUsagePlan, name: string): ApiStage => {
  const stage = plan.apiStages?.find((one) => apiStageName(one) === name);
  if (stage === undefined) throw notFound(`API Stage not found: ${name}`);
  return stage;
};

const apiStages: Rule<StoredUsagePlan> = {
  ops: ["add", "remove"],
  apply(plan, { op, value }) {
    const stage = parseApiStage(value);
    if (op === "add") return void (plan.apiStages = [...(plan.apiStages ?? []), stage]);
    stageNamed(plan, value);
    plan.apiStages = plan.apiStages!.filter((one) => apiStageName(one) !== value);
  },
};

/** All of a plan's throttle, or quota. */
const whole = (name: "throttle" | "quota"): Rule<StoredUsagePlan> => ({
  ops: ["remove"],
  apply(plan) {
    delete plan[name];
  },
});

const readJson = (value: string): Record<string, ThrottleSettings> => {
  try {
    return JSON.parse(value) as Record<string, ThrottleSettings>;
  } catch {
    throw badRequest("Invalid throttle specified: it is a JSON object of {resourcePath}/{httpMethod} with their rateLimit and burstLimit");
  }
};

/** Their values come as numbers or as text. */
const limitsFrom = ({ rateLimit, burstLimit }: ThrottleSettings): ThrottleSettings => ({ ...(rateLimit === undefined ? {} : { rateLimit: Number(rateLimit) }), ...(burstLimit === undefined ? {} : { burstLimit: Number(burstLimit) }) });

/** Of one stage: all of its methods' throttles at once. */
const stageThrottles: Rule<StoredUsagePlan> = {
  ops: ["replace", "remove"],
  apply(plan, { op, value, names }) {
    const stage = stageNamed(plan, names[0]!);
    if (op === "remove") delete stage.throttle;
    else stage.throttle = Object.fromEntries(Object.entries(readJson(value)).map(([path, limits]) => [path, limitsFrom(limits)]));
  },
};

const methodThrottle: Rule<StoredUsagePlan> = {
  ops: ["remove"],
  apply: (plan, { names }) => void removeAt(stageNamed(plan, names[0]!), ["throttle", names[1]!]),
};

const setMethodLimit = (plan: StoredUsagePlan, [name, method]: readonly string[], patch: Patch, read: Read): void => {
  const stage = stageNamed(plan, name!);
  const at = ["throttle", method!];
  setAt(stage, at, { ...(getAt(stage, at) as ThrottleSettings | undefined), [patch.location.at(-1)!]: read(patch.value, patch) });
};

const methodLimit = (read: Read): Rule<StoredUsagePlan> => ({ ops: ["add", "replace"], apply: (plan, patch) => setMethodLimit(plan, patch.names, patch, read) });

const limit = (read: Read): Rule<StoredUsagePlan> => ({
  ops: ["add", "replace"],
  apply(plan, patch) {
    plan.throttle = { ...plan.throttle, [patch.location[1]!]: read(patch.value, patch) };
  },
});

const quota = (read: Read): Rule<StoredUsagePlan> => ({
  ops: ["add", "replace"],
  apply(plan, patch) {
    plan.quota = { offset: 0, ...plan.quota, [patch.location[1]!]: read(patch.value, patch) };
  },
});

export const usagePlanRules: Rules<StoredUsagePlan> = {
  "/name": required("Usage Plan name"),
  "/description": member(),
  "/productCode": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/apiStages": apiStages,
  "/apiStages/{api_stage}/throttle": stageThrottles,
  "/apiStages/{api_stage}/throttle/{method}": methodThrottle,
  "/apiStages/{api_stage}/throttle/{method}/rateLimit": methodLimit(asDouble),
  "/apiStages/{api_stage}/throttle/{method}/burstLimit": methodLimit(asInteger),
  "/throttle": whole("throttle"),
  "/throttle/rateLimit": limit(asDouble),
  "/throttle/burstLimit": limit(asInteger),
  "/quota": whole("quota"),
  "/quota/limit": quota(asInteger),
  "/quota/offset": quota(asInteger),
  "/quota/period": quota(asOneOf("DAY", "WEEK", "MONTH")),
};

const UNESCAPED = /^\/apiStages\/([^/]+)\/throttle\/(.+)\/(rateLimit|burstLimit)$/;

/** API Gateway takes a method with its slashes as they are, too, as Terraform writes it: `…/throttle//pets/GET/rateLimit`. */
export const unescapedMethodLimit = (path: string): Rule<StoredUsagePlan> | undefined => {
  const [, name, method, limit] = UNESCAPED.exec(path) ?? [];
  if (limit === undefined) return undefined;
  return { ops: ["add", "replace"], apply: (plan, patch) => setMethodLimit(plan, [name!, method!], patch, limit === "rateLimit" ? asDouble : asInteger) };
};
