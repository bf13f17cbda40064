import type { PolicyDocument } from "../../../iam/document.ts";
import { isKnownPrincipal } from "../../../iam/known-principal.ts";
import { isPrincipalText } from "../../../iam/principal.ts";
import { ApiError } from "../../../kit/api-error.ts";
import { POLICY_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import type { Operation } from "../../../store/store.ts";
import { functionNotFound, invalid, notFound, revisionDiffers } from "../errors.ts";
import { isVersion, type FunctionName } from "../names.ts";
import type { LambdaNeeds } from "../needs.ts";
import { findPolicyHolder, type PolicyHolder } from "./policy-holders.ts";
import { getFunction } from "../functions/state.ts";

/** Alexa's services alone stand outside amazonaws.com. */
const ALEXA = /^alexa-(appkit|connectedhome)\.amazon\.com$/;

export const badPrincipal = (): ApiError => invalid("The provided principal was invalid. Please check the principal and try again.");

export const checkPrincipalText = (text: string): void => {
  if (!isPrincipalText(text) && !ALEXA.test(text)) throw badPrincipal();
};

/** A policy is of what it was added to by name: `$LATEST` is the function, and is not named by it. */
export const refuseLatest = ({ qualifier }: FunctionName): void => {
  if (qualifier === "$LATEST") throw invalid("We currently do not support adding policies for $LATEST.");
};

/** What the operations on single statements and on whole policies have in common: one policy for each function, version and alias. */
export const createPolicyAccess = ({ call, random, clock }: Pick<LambdaNeeds, "call" | "random" | "clock">) => ({
  /** AWS trusts no role and no user that is not there. */
  async checkExists(principal: string, { account, region }: FunctionName): Promise<void> {
    if (!(await isKnownPrincipal(call, principal, { account, region }))) throw badPrincipal();
  },
  /** The function, the version or the alias that is named. */
  *getHolder({ account, region, name, qualifier, arn }: FunctionName): Operation<PolicyHolder> {
    const holder = yield* findPolicyHolder({ account, region }, name, qualifier);
    if (holder !== undefined) return holder;
    yield* getFunction({ account, region }, name);
    throw isVersion(qualifier!) ? functionNotFound(arn) : notFound(`Cannot find alias arn: ${arn}`);
  },
  /** @param read The operation that tells the revision. */
  checkRevision(holder: PolicyHolder, revisionId: string | undefined, read: "GetPolicy" | "GetResourcePolicy"): void {
    if (revisionId !== undefined && revisionId !== holder.revisionOf(clock)) throw revisionDiffers(read);
  },
  /** Resolves to the new revision. Undefined takes the policy away. */
  *write(holder: PolicyHolder, document: PolicyDocument | undefined): Operation<string> {
    const text = document === undefined ? null : JSON.stringify(document);
    const bytes = Buffer.byteLength(text ?? "");
    if (bytes > POLICY_BYTES_MAX) throw new ApiError("PolicyLengthExceededException", `The final policy size (${bytes}) is bigger than the limit (${POLICY_BYTES_MAX}).`, { status: 400, members: { Type: "User" } });
    const revision = random.uuid();
    yield* holder.write(clock, text, revision);
    return revision;
  },
});
