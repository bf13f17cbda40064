import type { Arn } from "../kit/arn.ts";

/** As AWS writes it: what it is called by inside the platform, wherever that is reached. */
export const queueUrlOf = ({ region, account, resource }: Arn): string => `https://sqs.${region}.amazonaws.com/${account}/${resource}`;
