import { isApiError } from "../../../kit/api-error.ts";
import { parseArn } from "../../../kit/arn.ts";
import { serviceCaller } from "../../../kit/caller.ts";
import { LOG_SUBSCRIPTION_FILTERS_MAX } from "../../../kit/limits/logs.ts";
import type { RequestContext } from "../../service.ts";
import { filterNotFound, invalidParameter, notBuilt } from "../errors.ts";
import { refuseInfrequentAccess } from "../get-log-events.ts";
import { logGroupArn } from "../names.ts";
import type { LogsHandlers, Parts } from "../needs.ts";
import { readPattern } from "../pattern/pattern.ts";
import { getGroup } from "../state.ts";
import { pageToken, parsePageToken } from "../tokens.ts";
import { deleteFilter, listFilters, putFilter } from "./filter-rows.ts";
import { refuseTooManyRegexes } from "./regex-quota.ts";

/** As it was put, but for its name. */
export interface SubscriptionFilter {
  filterPattern: string;
  destinationArn: string;
  distribution: "ByLogStream" | "Random";
}

const PAGE_MAX = 50;
/** What else AWS forwards to, by the service of its ARN. */
const NOT_BUILT: Record<string, string> = { kinesis: "subscriptions of Kinesis streams", firehose: "subscriptions of Firehose", logs: "subscriptions of destinations, which are Kinesis streams and Firehose," };

/** Throws what is wrong with it, or the name of what is not built. */
const checkDestination = (destinationArn: string, roleArn: string | undefined, { account, region }: RequestContext): void => {
  const arn = parseArn(destinationArn);
  const missing = NOT_BUILT[arn?.service ?? ""];
  if (missing !== undefined) throw notBuilt(missing.replace(/,$/, ""));
  if (arn !== undefined && arn.service !== "lambda") throw invalidParameter(`PutSubscriptionFilter operation cannot work with destinationArn for vendor ${arn.service}`);
  if (arn === undefined || !/^function:[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?$/.test(arn.resource)) throw invalidParameter("Invalid destinationArn: it has to be the ARN of a Lambda function.");
  if (roleArn !== undefined) throw invalidParameter("destinationArn for vendor lambda cannot be used with roleArn");
  if (arn.account !== account || arn.region !== region) throw invalidParameter(`The function ${destinationArn} has to be of the account and the region of the log group: it is told of log events of its own account only.`);
};

/** Log events, as they come, to functions ("PutSubscriptionFilter", API reference). */
export const subscriptionFilterHandlers = ({ store, clock, call }: Parts) => {
  /** The door is looked at when the filter is made, as a delivery will find it later. A function that is not there looks like a closed one. */
  const askFunction = async (FunctionName: string, group: string, { account, region, trace, signal }: RequestContext) => {
    const as = serviceCaller("logs.amazonaws.com", account, { sourceArn: `${logGroupArn({ account, region }, group)}:*`, sourceAccount: account });
    try {
      await call("lambda", "Invoke", { FunctionName, InvocationType: "DryRun" }, { as, region, account, trace, signal });
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw invalidParameter("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.");
    }
  };

  return {
    async PutSubscriptionFilter({ logGroupName, filterName, filterPattern, destinationArn, roleArn, distribution = "ByLogStream", applyOnTransformedLogs, fieldSelectionCriteria, emitSystemFields }, context) {
      if (applyOnTransformedLogs === true) throw notBuilt("applyOnTransformedLogs: there are no transformers, and a filter");
      if (fieldSelectionCriteria !== undefined) throw notBuilt("fieldSelectionCriteria of a filter");
      if (emitSystemFields !== undefined && emitSystemFields.length > 0) throw notBuilt("emitSystemFields of a filter");
      const pattern = readPattern(filterPattern!);
      checkDestination(destinationArn!, roleArn, context);
      const find = () => getGroup(context, logGroupName!);
      refuseInfrequentAccess(await store.run(find));
      await askFunction(destinationArn!, logGroupName!, context);
      const body: SubscriptionFilter = { filterPattern: filterPattern!, destinationArn: destinationArn!, distribution };
      const now = clock.now();
      await store.run(function* () {
        const group = yield* find();
        yield* refuseTooManyRegexes(group, pattern, { kind: "subscription", name: filterName! });
        yield* putFilter(group, "subscription", { name: filterName!, body, now, max: LOG_SUBSCRIPTION_FILTERS_MAX });
      });
      return {};
    },

    async DescribeSubscriptionFilters({ logGroupName, filterNamePrefix, nextToken, limit = PAGE_MAX }, context) {
      const after = nextToken === undefined ? "" : String(parsePageToken("subscriptions", nextToken)[0]);
      const found = await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        return yield* listFilters<SubscriptionFilter>(group.id, "subscription", { prefix: filterNamePrefix ?? "", after, limit: limit + 1 });
      });
      const page = found.slice(0, limit);
      return {
        subscriptionFilters: page.map(({ name, createdAt, body }) => ({ filterName: name, logGroupName, ...body, applyOnTransformedLogs: false, creationTime: createdAt })),
        ...(found.length > limit ? { nextToken: pageToken("subscriptions", [page.at(-1)!.name]) } : {}),
      };
    },

    async DeleteSubscriptionFilter({ logGroupName, filterName }, context) {
      await store.run(function* () {
        if (!(yield* deleteFilter(yield* getGroup(context, logGroupName!), "subscription", filterName!))) throw filterNotFound("subscription");
      });
      return {};
    },
  } satisfies LogsHandlers;
};
