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
}

/** What the engine must know of a principal; asked for by the gateway, answered by services/iam. */
export interface Identities {
  /** Undefined when there is no such role. */
  role(roleArn: string): Promise<RoleIdentity | undefined>;
}

export interface RoleIdentity {
  arn: string;
  roleId: string;
  trust: PolicyDocument;
  /** Inline and attached ones. */
  policies: readonly NamedPolicy[];
  permissionsBoundary?: NamedPolicy;
  maxSessionDurationSeconds: number;
}
