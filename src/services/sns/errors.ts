import { ApiError } from "../../kit/api-error.ts";
import { InvalidPattern } from "../../patterns/errors.ts";

/** Each with the text of AWS's own. */
export const invalidParameter = (text: string): ApiError => new ApiError("InvalidParameterException", `Invalid parameter: ${text}`);

export const topicNotFound = (): ApiError => new ApiError("NotFoundException", "Topic does not exist");

export const subscriptionNotFound = (): ApiError => new ApiError("NotFoundException", "Subscription does not exist");

export const tooManySubscriptions = (most: number): ApiError => new ApiError("SubscriptionLimitExceededException", `Subscription limit exceeded: a FIFO topic has at most ${most}`);

export const resourceNotFound = (): ApiError => new ApiError("ResourceNotFoundException", "Resource does not exist");

export const invalidAttribute = (text: string): ApiError => new ApiError("InvalidParameterValueException", text);

/** For a wish that we cannot fulfil: refused, never stored and forgotten. */
export const notBuilt = (what: string): ApiError => new ApiError("NotImplemented", what, { status: 501 });

/** What is wrong with one attribute. CreateTopic and Subscribe, which are given many, say which reason their `Attributes` have; who sets one is told the reason alone. */
export class AttributeFault extends Error {}

/** @param isOneOfMany of the `Attributes` of a new topic or subscription */
export const withFaultsTold = <T>(isOneOfMany: boolean, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof AttributeFault || error instanceof InvalidPattern) throw invalidParameter(isOneOfMany ? `Attributes Reason: ${error.message}` : error.message);
    throw error;
  }
};
