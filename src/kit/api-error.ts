/**
 * The caller's fault, or a refusal that the caller must see: an error with an AWS code.
 *
 * `code` is the SDK's name of the error (`ResourceNotFoundException`, `NoSuchBucket`). For an error that the service
 * models, the protocol layer takes status, fault and query code from the model; `status` is for the unmodelled ones.
 * `members` are the further fields of the error's shape (`{ Reason, Type, BucketName … }`).
 */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, options: { status?: number; members?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}

export const isApiError = (error: unknown, code?: string): error is ApiError =>
  error instanceof ApiError && (code === undefined || error.code === code);
