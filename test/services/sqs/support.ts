import { callPlatform } from "../../../src/cli/platform-client.ts";

/** Platform time goes on by so many milliseconds: what falls due meanwhile has been done then. */
export const advance = async ({ endpoint }: { endpoint: string }, ms: number): Promise<void> => {
  await callPlatform({ endpoint, region: "us-east-1", account: undefined }, "POST", "clock", { advance: `${ms}ms` });
};
