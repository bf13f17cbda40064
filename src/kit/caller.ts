/** Who asks. Made by the gateway from a signature, or by the platform for a call of its own; never read from a request's headers. */
export type Caller = RootCaller | UserCaller | RoleSessionCaller | ServiceCaller | AnonymousCaller;

interface Identified {
  /** 12 digits: the account that the identity belongs to. */
  account: string;
  arn: string;
  userId: string;
  accessKeyId?: string;
}

/** The root of an account: everything in it is allowed, resource policies of others still decide across accounts. */
export interface RootCaller extends Identified {
  type: "root";
  /** Milliseconds since the epoch; of temporary credentials. */
  expiresAt?: number;
  issuedAt?: number;
}

/** A user of IAM, with a key of theirs or with temporary credentials of GetSessionToken. */
export interface UserCaller extends Identified {
  type: "user";
  userName: string;
  /** Milliseconds since the epoch; of temporary credentials. */
  expiresAt?: number;
  issuedAt?: number;
}

/** A session of a role: what the role's policies allow, narrowed by the session policy. */
export interface RoleSessionCaller extends Identified {
  type: "role-session";
  /** `arn:aws:iam::<account>:role/<path><name>` */
  roleArn: string;
  sessionName: string;
  /** Policy documents as JSON, given at AssumeRole: what none of them allows is not allowed. */
  sessionPolicies?: readonly string[];
  /** Managed policies given at AssumeRole, which are read anew for every decision. */
  sessionPolicyArns?: readonly string[];
  /** Tags of the role under those of the session. */
  tags?: Readonly<Record<string, string>>;
  /** Keys that go on into the sessions that this one makes. */
  transitiveTagKeys?: readonly string[];
  sourceIdentity?: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  issuedAt?: number;
}

/**
 * An AWS service acting for itself (`s3.amazonaws.com`): only a resource policy can let it in.
 * `sourceArn` and `sourceAccount` become `aws:SourceArn` and `aws:SourceAccount`; the platform alone sets them.
 */
export interface ServiceCaller extends Identified {
  type: "service";
  /** The service principal. */
  service: string;
  sourceArn?: string;
  sourceAccount?: string;
}

export interface AnonymousCaller {
  type: "anonymous";
  account: "anonymous";
  arn: "anonymous";
  userId: "anonymous";
}

export const root = (account: string, accessKeyId?: string): RootCaller => ({
  type: "root",
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  ...(accessKeyId === undefined ? {} : { accessKeyId }),
});

export const serviceCaller = (service: string, account: string, source: { sourceArn?: string; sourceAccount?: string } = {}): ServiceCaller => ({
  type: "service",
  service,
  account,
  arn: `arn:aws:iam::aws:service/${service}`,
  userId: service,
  ...source,
});

export const anonymous: AnonymousCaller = { type: "anonymous", account: "anonymous", arn: "anonymous", userId: "anonymous" };
