import { ApiError } from "../../../kit/api-error.ts";
import type { Operation } from "../../../store/store.ts";
import { codeSigningConfigArn, findCodeSigningConfig, parseCodeSigningConfigArn, type CodeSigningConfigRecord } from "./code-signing-rows.ts";
import { invalid } from "../errors.ts";
import type { FunctionRecord } from "../functions/state.ts";

/** The configuration that a function is to follow, if it is there: of the account and the region of the function. */
export function* requireCodeSigningConfig(arn: string, at: { account: string; region: string }): Operation<CodeSigningConfigRecord> {
  const named = parseCodeSigningConfigArn(arn);
  if (named !== undefined && named.account !== at.account) throw invalid(`The code signing configuration must be in the same account as the Lambda function. Check the provided ARN: ${arn}.`);
  const found = named === undefined || named.region !== at.region ? undefined : yield* findCodeSigningConfig(named);
  if (found === undefined) {
    throw new ApiError("CodeSigningConfigNotFoundException", `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`, { status: 404, members: { Type: "User" } });
  }
  return found;
}

/**
 * Throws AWS's refusal when the function follows a configuration that is enforced: AWS Signer is not built here, so no package and no layer
 * carries a signature, and what is not signed fails the check. A configuration that warns lets it pass, as on AWS.
 */
export function* refuseUnsigned({ account, region, name, codeSigningConfigId: id }: Pick<FunctionRecord, "account" | "region" | "name" | "codeSigningConfigId">): Operation<void> {
  if (id === undefined) return;
  const config = yield* requireCodeSigningConfig(codeSigningConfigArn({ account, region, id }), { account, region });
  if (config.policy !== "Enforce") return;
  throw new ApiError(
    "CodeVerificationFailedException",
    `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`,
    { status: 400, members: { Type: "User" } },
  );
}
