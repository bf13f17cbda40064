import type { PolicyDocument } from "../../iam/document.ts";
import { ApiError } from "../../kit/api-error.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { managedPolicies } from "./managed-policies.ts";

export interface Tag {
  Key: string;
  Value: string;
}

export interface RoleRecord {
  account: string;
  name: string;
  roleId: string;
  path: string;
  arn: string;
  trust: string;
  description?: string;
  maxSessionSeconds: number;
  boundaryArn?: string;
  tags: Tag[];
  createdAt: number;
}

export interface PolicyRecord {
  arn: string;
  name: string;
  policyId: string;
  path: string;
  description?: string;
  defaultVersion: string;
  nextVersion: number;
  tags: Tag[];
  createdAt: number;
  updatedAt: number;
}

const optional = <K extends string>(name: K, value: unknown): Partial<Record<K, string>> => (value === null ? {} : ({ [name]: value } as Partial<Record<K, string>>));

export const toRole = (row: Row): RoleRecord => ({
  account: row["account"] as string,
  name: row["name"] as string,
  roleId: row["role_id"] as string,
  path: row["path"] as string,
  arn: `arn:aws:iam::${row["account"]}:role${row["path"]}${row["name"]}`,
  trust: row["trust"] as string,
  maxSessionSeconds: row["max_session_seconds"] as number,
  tags: JSON.parse(row["tags"] as string) as Tag[],
  createdAt: row["created_at"] as number,
  ...optional("description", row["description"]),
  ...optional("boundaryArn", row["boundary_arn"]),
});

export const toPolicy = (row: Row): PolicyRecord => ({
  arn: row["arn"] as string,
  name: row["name"] as string,
  policyId: row["policy_id"] as string,
  path: row["path"] as string,
  defaultVersion: row["default_version"] as string,
  nextVersion: row["next_version"] as number,
  tags: JSON.parse(row["tags"] as string) as Tag[],
  createdAt: row["created_at"] as number,
  updatedAt: row["updated_at"] as number,
  ...optional("description", row["description"]),
});

export const noSuchEntity = (message: string): ApiError => new ApiError("NoSuchEntityException", message, { status: 404 });

export function* findRole(account: string, name: string): Operation<RoleRecord | undefined> {
  const row = yield* sqlOne("select * from iam_role where account = ? and name = ?", account, name);
  return row === undefined ? undefined : toRole(row);
}

export function* getRole(account: string, name: string): Operation<RoleRecord> {
  const role = yield* findRole(account, name);
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

export function* findPolicy(account: string, arn: string): Operation<PolicyRecord | undefined> {
  const row = yield* sqlOne("select * from iam_policy where account = ? and arn = ?", account, arn);
  return row === undefined ? undefined : toPolicy(row);
}

export function* getPolicy(account: string, arn: string): Operation<PolicyRecord> {
  const policy = yield* findPolicy(account, arn);
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** The default version of a policy of ours or of AWS's; undefined when there is no such policy. */
export function* policyDocument(account: string, arn: string): Operation<string | undefined> {
  const managed = managedPolicies.get(arn);
  if (managed !== undefined) return JSON.stringify(managed.document);
  const row = yield* sqlOne("select v.document from iam_policy p join iam_policy_version v on v.account = p.account and v.arn = p.arn and v.version = p.default_version where p.account = ? and p.arn = ?", account, arn);
  return row?.["document"] as string | undefined;
}

export function* attachedPolicies(account: string, roleName: string): Operation<string[]> {
  return (yield* sql("select policy_arn from iam_role_attachment where account = ? and role_name = ? order by attached_at, policy_arn", account, roleName)).map((row) => row["policy_arn"] as string);
}

export function* inlinePolicies(account: string, roleName: string): Operation<{ name: string; document: string }[]> {
  const rows = yield* sql("select name, document from iam_role_policy where account = ? and role_name = ? order by name", account, roleName);
  return rows.map((row) => ({ name: row["name"] as string, document: row["document"] as string }));
}

export const asDocument = (text: string): PolicyDocument => JSON.parse(text) as PolicyDocument;
