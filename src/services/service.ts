import type { ApiError } from "../kit/api-error.ts";
import type { Waiting } from "../kit/call.ts";
import type { Caller } from "../kit/caller.ts";
import type { OperationInput, OperationName } from "../kit/call.ts";
import type { Trace } from "../kit/ledger.ts";
import type { NamedPolicy } from "../iam/document.ts";
import type { Handlers } from "../protocol/handlers.ts";

/** One API call, as its handler sees it: who, where, and nothing of HTTP but the extra response headers. */
export interface RequestContext {
  caller: Caller;
  /** The account and the region whose resources are meant. */
  account: string;
  region: string;
  requestId: string;
  trace: Trace;
  /** What the client called us, scheme and port included: the base of every URL that is returned. */
  endpoint: string;
  source: { ip: string; userAgent: string };
  /** Aborted when the client has gone away. */
  signal: AbortSignal;
  /** Of ReceiveMessage by a poller of the platform. */
  waiting?: Waiting;
  /** Headers beside the modelled ones. */
  responseHeaders: Record<string, string>;
  /** Set by a handler whose success has another status than the modelled one: 206 for a range. */
  responseStatus?: number;
  /** Trailers of an aws-chunked body (`x-amz-checksum-crc32` …): complete once the body was read to its end. */
  trailers: Readonly<Record<string, string>>;
  /** True for `call`, from inside the platform: there was no wire. */
  isInternal: boolean;
  /** Of an invocation that came by the function's URL: how that is kept. */
  functionUrlAuthType?: "NONE" | "AWS_IAM";
  /** Of PutEvents by a rule of another bus: the whole event, as it was there. */
  forwardedEvent?: string;
  /** Of DescribeApiDestination: whoever asks is about to invoke it. */
  isInvocation?: boolean;
  /** Of an asynchronous Invoke: the caller keeps the event until it is answered. */
  isKept?: boolean;
  /** What came beside the input, for what a service reads of it itself: digests of the body. Not with `call`. */
  wire?: { headers: Readonly<Record<string, string>>; buffer(): Promise<Buffer>; /** By the signature or the host. */ isRegionNamed: boolean };
  /**
   * AccessDenied for a permission beside those of the operation: of one key among many, or to be told that something is not
   * there. Undefined when the caller has it.
   */
  refusalOf(permission: Permission): Promise<ApiError | undefined>;
}

/** What a caller must be allowed to do. Context keys are full names: `s3:prefix`, `iam:PassedToService`. */
export interface Permission {
  action: string;
  resource: string;
  context?: Record<string, string | readonly string[]>;
  /** The account that owns the resource, where its ARN does not say (S3) or the request's account is another. Default: the ARN's, else the request's. */
  account?: string;
}

/** An AWS service: a table of handlers, what each call must be allowed to do, and the policies its resources carry. */
export interface Service<M> {
  handlers: Handlers<M, RequestContext>;
  /**
   * The permissions of each operation; all of them must be allowed. Every handler has an entry (a test compares).
   * An empty list means that AWS asks for none (sts:GetCallerIdentity).
   */
  permissions: { [N in OperationName<M>]?: (input: OperationInput<M, N>, context: RequestContext) => Permission[] | Promise<Permission[]> };
  /** Throws what is wrong whoever asks, before it is asked who may: a bucket that is not there, a body that its digests do not fit. */
  check?(operation: string, input: unknown, context: RequestContext): Promise<void>;
  /** The policy attached to the resource of a permission, for services whose resources have one. */
  resourcePolicy?(permission: Permission, context: RequestContext): Promise<NamedPolicy | undefined>;
  /** Keys of the ledger that a refused or failed call is found by: function names, `bucket/key`. */
  ledgerKeys?(operation: string, input: unknown, context: RequestContext): string[];
}
