import { parseArn } from "../../kit/arn.ts";
import type { PipeName } from "../../plumber/pipes/pipe.ts";

/** Undefined when it is no pipe's ARN. */
export const parsePipeArn = (text: string): PipeName | undefined => {
  const arn = parseArn(text);
  const [, name] = /^pipe\/([^/]+)$/.exec(arn?.resource ?? "") ?? [];
  return arn?.service === "pipes" && name !== undefined ? { account: arn.account, region: arn.region, name } : undefined;
};
