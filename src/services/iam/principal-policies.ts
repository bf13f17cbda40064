import { parsePolicy } from "../../iam/policy.ts";
import { ApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { ATTACHED_POLICIES_MAX } from "../../kit/limits/iam.ts";
import { sql } from "../../store/store.ts";
import { checkInlineSize } from "./documents.ts";
import { encodeStrictUri, pageAfter } from "./pages.ts";
import type { IamNeeds } from "./service.ts";
import { attachedPolicies, getPrincipal, inlinePolicies, invalidInput, limitExceeded, noSuchEntity, policyDocument, type PrincipalKind } from "./state.ts";
import { mergeTags, withoutTags } from "./tags.ts";
import { createWrite } from "./write.ts";

interface Paging {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

type Tags = readonly { Key?: string | undefined; Value?: string | undefined }[];

/** `arn:aws:iam::aws:policy/…`, `arn:aws:iam::<account>:policy/…`. Throws InvalidInput for anything else, ValidationError for another partition. */
export const checkPolicyArn = (arn: string): void => {
  const parsed = parseArn(arn);
  if (parsed !== undefined && parsed.partition !== "aws") throw new ApiError("ValidationError", "Invalid ARN partition", { status: 400 });
  if (parsed?.service !== "iam" || !parsed.resource.startsWith("policy/")) throw invalidInput(`ARN ${arn} is not valid.`);
};

/** What roles and users have in common: inline and attached policies, a permissions boundary, tags. */
export const principalPolicies = (kind: PrincipalKind, needs: IamNeeds) => {
  const { store, clock } = needs;
  const write = createWrite(needs);
  const owner = `${kind}_name`;
  const QUOTA = kind === "role" ? "PoliciesPerRole" : "PoliciesPerUser";
  const noSuchInline = (name: string) => noSuchEntity(`The ${kind} policy with name ${name} cannot be found.`);

  return {
    putInline: (account: string, name: string, policyName: string, document: string) => {
      parsePolicy(document);
      return write(function* () {
        yield* getPrincipal(kind, account, name);
        yield* checkInlineSize(kind, account, name, policyName, document);
        yield* sql(
          `insert into iam_${kind}_policy (account, ${owner}, name, document) values (?, ?, ?, ?) on conflict (account, ${owner}, name) do update set document = excluded.document`,
          account, name, policyName, document,
        );
      });
    },

    async getInline(account: string, name: string, policyName: string) {
      const found = await store.run(function* () {
        yield* getPrincipal(kind, account, name);
        return (yield* inlinePolicies(kind, account, name)).find((policy) => policy.name === policyName);
      });
      if (found === undefined) throw noSuchInline(policyName);
      return { PolicyName: found.name, PolicyDocument: encodeStrictUri(found.document) };
    },

    async listInline(account: string, name: string, paging: Paging) {
      const names = await store.run(function* () {
        yield* getPrincipal(kind, account, name);
        return (yield* inlinePolicies(kind, account, name)).map((policy) => policy.name);
      });
      const { items, rest } = pageAfter(names, (one) => one, paging);
      return { PolicyNames: items, ...rest };
    },

    deleteInline: (account: string, name: string, policyName: string) =>
      write(function* () {
        yield* getPrincipal(kind, account, name);
        const gone = yield* sql(`delete from iam_${kind}_policy where account = ? and ${owner} = ? and name = ? returning name`, account, name, policyName);
        if (gone.length === 0) throw noSuchInline(policyName);
      }),

    attach: (account: string, name: string, policyArn: string) => {
      checkPolicyArn(policyArn);
      return write(function* () {
        yield* getPrincipal(kind, account, name);
        if ((yield* policyDocument(account, policyArn)) === undefined) {
          const hint = policyArn.startsWith("arn:aws:iam::aws:") ? " This AWS managed policy is not among those that lambdad brings (aws iam list-policies --scope AWS): create one of your own with create-policy." : "";
          throw noSuchEntity(`Policy ${policyArn} does not exist or is not attachable.${hint}`);
        }
        const attached = yield* attachedPolicies(kind, account, name);
        if (!attached.includes(policyArn) && attached.length >= ATTACHED_POLICIES_MAX[kind]) throw limitExceeded(`Cannot exceed quota for ${QUOTA}: ${ATTACHED_POLICIES_MAX[kind]}`);
        yield* sql(`insert into iam_${kind}_attachment (account, ${owner}, policy_arn, attached_at) values (?, ?, ?, ?) on conflict do nothing`, account, name, policyArn, clock.now());
      });
    },

    detach: (account: string, name: string, policyArn: string) => {
      checkPolicyArn(policyArn);
      return write(function* () {
        yield* getPrincipal(kind, account, name);
        const gone = yield* sql(`delete from iam_${kind}_attachment where account = ? and ${owner} = ? and policy_arn = ? returning policy_arn`, account, name, policyArn);
        if (gone.length === 0) throw noSuchEntity(`Policy ${policyArn} was not found.`);
      });
    },

    async listAttached(account: string, name: string, { PathPrefix = "/", ...paging }: Paging & { PathPrefix?: string | undefined }) {
      const arns = await store.run(function* () {
        yield* getPrincipal(kind, account, name);
        return yield* attachedPolicies(kind, account, name);
      });
      const wanted = arns.filter((arn) => parseArn(arn)!.resource.slice("policy".length).startsWith(PathPrefix)).toSorted();
      const { items, rest } = pageAfter(wanted, (arn) => arn, paging);
      return { AttachedPolicies: items.map((arn) => ({ PolicyName: arn.split("/").at(-1)!, PolicyArn: arn })), ...rest };
    },

    setBoundary: (account: string, name: string, policyArn: string | null) => {
      if (policyArn !== null) checkPolicyArn(policyArn);
      return write(function* () {
        yield* getPrincipal(kind, account, name);
        if (policyArn !== null && (yield* policyDocument(account, policyArn)) === undefined) throw noSuchEntity(`Scope ARN: ${policyArn} does not exist or is not attachable.`);
        yield* sql(`update iam_${kind} set boundary_arn = ? where account = ? and name = ?`, policyArn, account, name);
      });
    },

    tag: (account: string, name: string, tags: Tags) =>
      write(function* () {
        const principal = yield* getPrincipal(kind, account, name);
        yield* sql(`update iam_${kind} set tags = ? where account = ? and name = ?`, JSON.stringify(mergeTags(principal.tags, tags)), account, name);
      }),

    untag: (account: string, name: string, keys: readonly string[]) =>
      write(function* () {
        const principal = yield* getPrincipal(kind, account, name);
        yield* sql(`update iam_${kind} set tags = ? where account = ? and name = ?`, JSON.stringify(withoutTags(principal.tags, keys)), account, name);
      }),

    async listTags(account: string, name: string, paging: Paging) {
      const { tags } = await store.run(() => getPrincipal(kind, account, name));
      const { items, rest } = pageAfter(tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1)), (tag) => tag.Key, paging);
      return { Tags: items, ...rest };
    },
  };
};
