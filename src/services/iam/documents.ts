import { parsePolicy } from "../../iam/policy.ts";
import { INLINE_POLICY_CHARACTERS_MAX, MANAGED_POLICY_CHARACTERS_MAX, TRUST_POLICY_CHARACTERS_MAX } from "../../kit/limits/iam.ts";
import type { Operation } from "../../store/store.ts";
import { inlinePolicies, limitExceeded, type PrincipalKind } from "./state.ts";

/** IAM does not count white space against the size of a policy. */
const sizeOf = (document: string): number => document.replace(/\s/g, "").length;

export const checkManagedPolicy = (document: string): void => {
  parsePolicy(document);
  if (sizeOf(document) > MANAGED_POLICY_CHARACTERS_MAX) throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_POLICY_CHARACTERS_MAX}`);
};

export const checkTrustPolicy = (document: string): void => {
  parsePolicy(document, "trust");
  if (sizeOf(document) > TRUST_POLICY_CHARACTERS_MAX) throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_POLICY_CHARACTERS_MAX}`);
};

/** All inline policies of a role or a user count together. */
export function* checkInlineSize(kind: PrincipalKind, account: string, owner: string, policyName: string, document: string): Operation<void> {
  const others = (yield* inlinePolicies(kind, account, owner)).filter(({ name }) => name !== policyName);
  const total = others.reduce((sum, { document: other }) => sum + sizeOf(other), sizeOf(document));
  const most = INLINE_POLICY_CHARACTERS_MAX[kind];
  if (total > most) throw limitExceeded(`Maximum policy size of ${most} bytes exceeded for ${kind} ${owner}`);
}
