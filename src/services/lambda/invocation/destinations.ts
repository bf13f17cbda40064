import type { DestinationConfig } from "@aws-sdk/client-lambda";
import { assumeExecutionRole } from "../../../executor/credentials.ts";
import { isApiError, type ApiError } from "../../../kit/api-error.ts";
import { parseArn, type Arn } from "../../../kit/arn.ts";
import { root, type Caller } from "../../../kit/caller.ts";
import { isTaken } from "../../../plumber/ask.ts";
import { isQueueThere, maySendTo } from "../../../plumber/ask-queue.ts";
import { isTopicThere, mayPublishTo } from "../../../plumber/ask-topic.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import type { LambdaNeeds } from "../needs.ts";
import type { FunctionRecord } from "../functions/state.ts";

/** ARNs of whom an event's end is told; none where there is none. */
export interface Destinations {
  onSuccess?: string;
  onFailure?: string;
}

const isGiven = (destination: string | undefined): destination is string => destination !== undefined && destination !== "";

const destinationsOf = (config: DestinationConfig | undefined): Destinations => ({
  ...(isGiven(config?.OnSuccess?.Destination) ? { onSuccess: config.OnSuccess.Destination } : {}),
  ...(isGiven(config?.OnFailure?.Destination) ? { onFailure: config.OnFailure.Destination } : {}),
});

/** As it was given: an empty one is not the same as none. */
const badConfig = ({ OnSuccess, OnFailure }: DestinationConfig): ApiError => {
  const part = (name: string, given: { Destination?: string | undefined } | undefined) => (given === undefined ? "null" : `${name}(destination=${given.Destination ?? "null"})`);
  return invalid(`The provided destination config DestinationConfig(onSuccess=${part("OnSuccess", OnSuccess)}, onFailure=${part("OnFailure", OnFailure)}) is invalid.`);
};

const BUS = /^event-bus\/([/.\-_A-Za-z0-9]+)$/;
/** Topics that keep an order are no destinations. */
const isStandardTopic = ({ account, region, resource }: Arn): boolean => /^\d{12}$/.test(account) && region !== "" && /^[a-zA-Z0-9_-]{1,256}$/.test(resource);

/** Queues that keep an order are no destinations. */
const isStandardQueue = ({ account, region, resource }: Arn): boolean => /^\d{12}$/.test(account) && region !== "" && /^[a-zA-Z0-9_-]{1,80}$/.test(resource);

/** The function's name in the resource of its ARN. */
const functionNameOf = ({ resource }: Arn): string | undefined => /^function:([^:]+)(?::[^:]+)?$/.exec(resource)?.[1];

/**
 * Refuses destinations that would never be reached. AWS looks at the role when it is configured, not only when there is something to tell:
 * each is asked here as a delivery will ask it, in the name of the function's role, without doing anything. Resolves to those that are set.
 */
export const createCheckDestinations = ({ call }: Pick<LambdaNeeds, "call">) => {
  const notAllowed = (action: string, arn: string) => invalid(`The function execution role does not have permissions to call ${action} on ${arn}`);
  const notThere = (arn: string) => invalid(`The destination ARN ${arn} is invalid.`);

  const askFunction = async (arn: string, as: Caller, { region, trace }: RequestContext) => {
    const { account } = parseArn(arn)!;
    try {
      await call("lambda", "Invoke", { FunctionName: arn, InvocationType: "DryRun" }, { as, account, region, trace });
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw error.code === "AccessDeniedException" ? notAllowed("InvokeFunction", arn) : notThere(arn);
    }
  };
  /** An upload that is begun and given up needs what putting an object needs, and leaves nothing. */
  const askBucket = async (arn: string, name: string, as: Caller, { account, region, trace }: RequestContext) => {
    const upload = { Bucket: parseArn(arn)!.resource, Key: `aws/lambda/async/${name}/` };
    try {
      const { UploadId } = await call("s3", "CreateMultipartUpload", upload, { as, region, trace });
      await call("s3", "AbortMultipartUpload", { ...upload, UploadId }, { as: root(account), region, trace });
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw error.code === "AccessDenied" ? notAllowed("PutObject", arn) : notThere(arn);
    }
  };

  const askQueue = async (arn: Arn, text: string, as: Caller, { trace }: RequestContext) => {
    if (!(await isQueueThere(call, arn, { trace }))) throw notThere(text);
    if (!(await maySendTo(call, arn, as, { trace }))) throw notAllowed("SendMessage", text);
  };

  const askTopic = async (arn: Arn, text: string, as: Caller, { trace }: RequestContext) => {
    if (!(await isTopicThere(call, text, arn, { trace }))) throw notThere(text);
    if (!(await mayPublishTo(call, text, as, { trace }))) throw notAllowed("Publish", text);
  };
  const askBus = async ({ account, region, resource }: Arn, text: string, as: Caller, { trace }: RequestContext) => {
    if (!(await isTaken(call("events", "DescribeEventBus", { Name: BUS.exec(resource)![1]! }, { as: root(account), region, trace })))) throw notThere(text);
    const entry = { EventBusName: text, Source: "lambda", DetailType: "test", Detail: "{}" };
    if (!(await isTaken(call("events", "PutEvents", { Entries: [entry] }, { as, account, region, trace, isQuestion: true })))) throw notAllowed("PutEvents", text);
  };

  return async (record: FunctionRecord, given: DestinationConfig | undefined, context: RequestContext): Promise<Destinations> => {
    const destinations = destinationsOf(given);
    const { onSuccess, onFailure } = destinations;
    const asked: (() => Promise<void>)[] = [];
    const as = async () => (await assumeExecutionRole(call, { ...record, roleArn: record.settings.Role })).caller;
    for (const destination of new Set([onFailure, onSuccess])) {
      if (destination === undefined) continue;
      const arn = parseArn(destination);
      if (arn?.service === "sns" && arn.resource.endsWith(".fifo")) throw invalid("FIFO-type Amazon SNS topics aren't supported as a destination.");
      if (arn?.service !== "s3" && arn?.region !== record.region) throw badConfig(given!);
      if (arn?.service === "lambda") {
        const name = functionNameOf(arn);
        if (name === undefined) throw badConfig(given!);
        if (name === record.name && arn.account === record.account && arn.region === record.region) throw invalid("You can't specify the function as a destination for itself.");
        asked.push(async () => askFunction(destination, await as(), context));
      } else if (arn?.service === "s3" && destination !== onSuccess && /^[^/:]+$/.test(arn.resource)) {
        asked.push(async () => askBucket(destination, record.name, await as(), context));
      } else if (arn?.service === "sqs" && isStandardQueue(arn)) {
        asked.push(async () => askQueue(arn, destination, await as(), context));
      } else if (arn?.service === "sns" && isStandardTopic(arn)) {
        asked.push(async () => askTopic(arn, destination, await as(), context));
      } else if (arn?.service === "events" && BUS.test(arn.resource)) {
        asked.push(async () => askBus(arn, destination, await as(), context));
      } else throw badConfig(given!);
    }
    for (const ask of asked) await ask();
    return destinations;
  };
};
