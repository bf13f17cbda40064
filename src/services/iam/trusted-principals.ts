import { listOf } from "../../iam/document.ts";
import { statementsOf } from "../../iam/policy.ts";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Operation } from "../../store/store.ts";
import { asDocument, findRole, findUser } from "./state.ts";

/** A trust policy may only name roles and users that exist: AWS turns them into their ids when the policy is written. */
export function* checkTrustedPrincipals(document: string): Operation<void> {
  for (const { Principal } of statementsOf(asDocument(document))) {
    if (Principal === undefined || Principal === "*") continue;
    for (const text of listOf(Principal["AWS"])) {
      if (!(yield* exists(text))) throw new ApiError("MalformedPolicyDocumentException", `Invalid principal in policy: "AWS":"${text}"`, { status: 400 });
    }
  }
}

function* exists(principal: string): Operation<boolean> {
  if (principal === "*" || /^\d{12}$/.test(principal)) return true;
  const arn = parseArn(principal);
  if (arn === undefined || !/^\d{12}$/.test(arn.account)) return false;
  const [kind, ...path] = arn.resource.split("/");
  if (arn.service === "sts") return kind === "federated-user" || (kind === "assumed-role" && (yield* findRole(arn.account, path[0] ?? "")) !== undefined);
  if (arn.service !== "iam") return false;
  if (arn.resource === "root") return true;
  const name = path.at(-1) ?? "";
  if (kind === "role") return (yield* findRole(arn.account, name))?.arn === principal;
  return kind === "user" && (yield* findUser(arn.account, name))?.arn === principal;
}
