import type { Service } from "../service.ts";
import type { SnsParts, SnsTypes } from "./needs.ts";

/** Amazon SNS: topics, subscriptions, messages. */
export const createSnsService = (_parts: SnsParts): Service<SnsTypes> => ({ handlers: {}, permissions: {} });
