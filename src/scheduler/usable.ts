import type { Environment } from "../executor/executor.ts";
import { wallNow } from "../kit/clock.ts";
import { CREDENTIALS_MARGIN_MS } from "../kit/limits/lambda.ts";

/** Wall time from which on its credentials could end in the middle of an invocation. */
export const usableUntil = ({ credentialsExpireAt, target }: Environment): number => credentialsExpireAt - target.timeoutSeconds * 1_000 - CREDENTIALS_MARGIN_MS;

export const isUsable = (environment: Environment): boolean => environment.state !== "dead" && environment.state !== "stopping" && usableUntil(environment) > wallNow();
