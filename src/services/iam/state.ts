import type { PolicyDocument } from "../../iam/document.ts";
import { ApiError } from "../../kit/api-error.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { managedPolicies } from "./managed-policies.ts";

export interface Tag {
  Key: string;
  Value: string;
}

/** Roles and users: what policies are written into and attached to. Each kind has its tables, `iam_role…` and `iam_user…`. */
export type PrincipalKind = "role" | "user";

export interface PrincipalRecord {
  account: string;
  name: string;
  /** `AROA…`, `AIDA…` */
  id: string;
  path: string;
  arn: string;
  boundaryArn?: string;
  tags: Tag[];
  createdAt: number;
}

export type UserRecord = PrincipalRecord;

export interface RoleRecord extends PrincipalRecord {
  trust: string;
  description?: string;
  maxSessionSeconds: number;
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

/** IAM tells whole seconds. */
export const dateOf = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);

const optional = <K extends string>(name: K, value: unknown): Partial<Record<K, string>> => (value === null ? {} : ({ [name]: value } as Partial<Record<K, string>>));

const toPrincipal = (kind: PrincipalKind, row: Row): PrincipalRecord => ({
  account: row["account"] as string,
  name: row["name"] as string,
  id: row[`${kind}_id`] as string,
  path: row["path"] as string,
  arn: `arn:aws:iam::${row["account"]}:${kind}${row["path"]}${row["name"]}`,
  tags: JSON.parse(row["tags"] as string) as Tag[],
  createdAt: row["created_at"] as number,
  ...optional("boundaryArn", row["boundary_arn"]),
});

export const toRole = (row: Row): RoleRecord => ({
  ...toPrincipal("role", row),
  trust: row["trust"] as string,
  maxSessionSeconds: row["max_session_seconds"] as number,
  ...optional("description", row["description"]),
});

export const toUser = (row: Row): UserRecord => toPrincipal("user", row);

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
export const deleteConflict = (message: string): ApiError => new ApiError("DeleteConflictException", message, { status: 409 });
export const alreadyExists = (message: string): ApiError => new ApiError("EntityAlreadyExistsException", message, { status: 409 });
export const limitExceeded = (message: string): ApiError => new ApiError("LimitExceededException", message, { status: 409 });
export const invalidInput = (message: string): ApiError => new ApiError("InvalidInputException", message, { status: 400 });

const findRow = (kind: PrincipalKind, account: string, name: string): Operation<Row | undefined> => sqlOne(`select * from iam_${kind} where account = ? and name = ?`, account, name);

export function* getPrincipal(kind: PrincipalKind, account: string, name: string): Operation<PrincipalRecord> {
  const row = yield* findRow(kind, account, name);
  if (row === undefined) throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
  return toPrincipal(kind, row);
}

export function* findRole(account: string, name: string): Operation<RoleRecord | undefined> {
  const row = yield* findRow("role", account, name);
  return row === undefined ? undefined : toRole(row);
}

export function* getRole(account: string, name: string): Operation<RoleRecord> {
  const role = yield* findRole(account, name);
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

export function* findUser(account: string, name: string): Operation<UserRecord | undefined> {
  const row = yield* findRow("user", account, name);
  return row === undefined ? undefined : toUser(row);
}

export const getUser = (account: string, name: string): Operation<UserRecord> => getPrincipal("user", account, name);

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

export function* attachedPolicies(kind: PrincipalKind, account: string, name: string): Operation<string[]> {
  return (yield* sql(`select policy_arn from iam_${kind}_attachment where account = ? and ${kind}_name = ? order by attached_at, policy_arn`, account, name)).map((row) => row["policy_arn"] as string);
}

export function* inlinePolicies(kind: PrincipalKind, account: string, name: string): Operation<{ name: string; document: string }[]> {
  const rows = yield* sql(`select name, document from iam_${kind}_policy where account = ? and ${kind}_name = ? order by name`, account, name);
  return rows.map((row) => ({ name: row["name"] as string, document: row["document"] as string }));
}

/** Roles and users that a managed policy is attached to. */
export function* attachmentsOf(account: string, arn: string): Operation<number> {
  const row = yield* sqlOne(
    "select (select count(*) from iam_role_attachment where account = ? and policy_arn = ?) + (select count(*) from iam_user_attachment where account = ? and policy_arn = ?) as n",
    account, arn, account, arn,
  );
  return row!["n"] as number;
}

/** Roles and users that have it as their permissions boundary. */
export function* boundariesOf(account: string, arn: string): Operation<number> {
  const row = yield* sqlOne(
    "select (select count(*) from iam_role where account = ? and boundary_arn = ?) + (select count(*) from iam_user where account = ? and boundary_arn = ?) as n",
    account, arn, account, arn,
  );
  return row!["n"] as number;
}

export const asDocument = (text: string): PolicyDocument => JSON.parse(text) as PolicyDocument;
