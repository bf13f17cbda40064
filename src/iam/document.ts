/** A policy document in the form it is written in. `parsePolicy` (policy.ts) turns it into what `evaluate` reads. */
export interface PolicyDocument {
  Version?: "2012-10-17" | "2008-10-17";
  Id?: string;
  Statement: Statement | Statement[];
}

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Record<string, string | string[]>;
  NotPrincipal?: "*" | Record<string, string | string[]>;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  /** operator → key → value(s) */
  Condition?: Record<string, Record<string, string | string[] | boolean | number>>;
}

/** A policy and where it stands, so that a decision can name it. */
export interface NamedPolicy {
  /** `inline policy s3-read`, `arn:aws:iam::aws:policy/…`, `resource policy of arn:…` */
  name: string;
  document: PolicyDocument;
  /** ARN of the resource that carries it, where it can be changed by that. */
  attachedTo?: string;
  /** Further ones that speak of the same resource: a function's, of its alias. */
  also?: readonly NamedPolicy[];
}

/** What the gateway must know of principals; answered by services/iam. */
export interface Identities {
  /** Undefined when there is no such role. */
  role(roleArn: string): Promise<RoleIdentity | undefined>;
  /** Undefined when there is no such user. */
  user(userArn: string): Promise<Identity | undefined>;
  /** A managed policy of the account or of AWS; undefined when there is none. */
  policy(account: string, policyArn: string): Promise<NamedPolicy | undefined>;
  /** Undefined when there is no such key. */
  accessKey(accessKeyId: string): Promise<AccessKeyIdentity | undefined>;
  /** The key was used: told to GetAccessKeyLastUsed. */
  touchAccessKey(accessKeyId: string, use: { service: string; region: string }): void;
}

export interface Identity {
  /** `AROA…`, `AIDA…`: another one for a principal that was made again under the same name. */
  id: string;
  arn: string;
  /** Inline and attached ones. */
  policies: readonly NamedPolicy[];
  permissionsBoundary?: NamedPolicy;
  tags: Readonly<Record<string, string>>;
}

export interface RoleIdentity extends Identity {
  trust: PolicyDocument;
  maxSessionDurationSeconds: number;
}

/** A long-lived key of a user. */
export interface AccessKeyIdentity {
  secretAccessKey: string;
  isActive: boolean;
  account: string;
  userName: string;
  userArn: string;
  userId: string;
}

/** What may be written as one or as several, or not at all. */
export const listOf = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
