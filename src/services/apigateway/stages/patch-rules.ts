import type { StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import { badRequest } from "../errors.ts";
import type { Rule, Rules } from "../patch/patch.ts";
import { getAt, setAt } from "../patch/pointer.ts";
import { asBoolean, asDouble, asOneOf, entry, member, required } from "../patch/rules.ts";

const CACHE_SIZES = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

/** Besides, what can be copied there: how a canary is promoted. */
const orCopied = (rule: Rule<object>, ...sources: string[]): Rule<StoredRestStage> => ({
  ops: [...rule.ops, "copy"],
  apply(stage, patch) {
    if (patch.op !== "copy") return rule.apply(stage, patch);
    const from = `/${patch.from.join("/")}`;
    if (!sources.includes(from)) throw badRequest(`Invalid copy source '${from}' specified. Must be one of: [${sources.join(", ")}]`);
    const value = getAt(stage, patch.from);
    if (value !== undefined) setAt(stage, patch.location, typeof value === "object" ? { ...(getAt(stage, patch.location) as object | undefined), ...value } : value);
  },
});

/** All of a member that has members of its own. */
const whole: Rule<StoredRestStage> = {
  ops: ["remove"],
  apply(stage, { location }) {
    delete stage[location[0] as "canarySettings" | "accessLogSettings"];
  },
};

export const stageRules: Rules<StoredRestStage> = {
  "/deploymentId": orCopied(required("Deployment"), "/canarySettings/deploymentId"),
  "/description": member(),
  "/cacheClusterEnabled": required("cacheClusterEnabled", asBoolean),
  "/cacheClusterSize": member(asOneOf(...CACHE_SIZES)),
  "/clientCertificateId": member(undefined, { ops: ["replace", "remove"] }),
  "/accessLogSettings": whole,
  "/accessLogSettings/destinationArn": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/accessLogSettings/format": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/documentationVersion": member(undefined, { ops: ["replace", "remove"] }),
  "/tracingEnabled": required("tracingEnabled", asBoolean),
  "/canarySettings": whole,
  "/canarySettings/deploymentId": required("Canary deployment"),
  "/canarySettings/percentTraffic": required("Percent traffic", asDouble),
  "/canarySettings/useStageCache": required("useStageCache", asBoolean),
  "/canarySettings/stageVariableOverrides/{variable_name}": entry(),
  "/variables": orCopied({ ops: [], apply: () => undefined }, "/canarySettings/stageVariableOverrides"),
  "/variables/{variable_name}": entry(),
};
