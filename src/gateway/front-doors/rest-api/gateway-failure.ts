/** AWS's types of gateway responses. Source: "Gateway response types for API Gateway". */
export type GatewayResponseType = keyof typeof DEFAULTS;

interface Default {
  /** Undefined for the two that others fall back to. */
  status?: number;
  /** `x-amzn-errortype`. */
  code: string;
  message?: string | null;
}

export const DEFAULTS = {
  DEFAULT_4XX: { code: "BadRequestException" },
  DEFAULT_5XX: { code: "InternalServerErrorException", message: "Internal server error" },
  ACCESS_DENIED: { status: 403, code: "AccessDeniedException", message: "User is not authorized to access this resource" },
  API_CONFIGURATION_ERROR: { status: 500, code: "InternalServerErrorException", message: "Internal server error" },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, code: "AuthorizerConfigurationException", message: null },
  AUTHORIZER_FAILURE: { status: 500, code: "AuthorizerFailureException", message: null },
  BAD_REQUEST_PARAMETERS: { status: 400, code: "BadRequestException" },
  BAD_REQUEST_BODY: { status: 400, code: "BadRequestException", message: "Invalid request body" },
  EXPIRED_TOKEN: { status: 403, code: "ExpiredTokenException", message: "The security token included in the request is expired" },
  INTEGRATION_FAILURE: { status: 504, code: "InternalServerErrorException", message: "Network error communicating with endpoint" },
  INTEGRATION_TIMEOUT: { status: 504, code: "InternalServerErrorException", message: "Endpoint request timed out" },
  INVALID_API_KEY: { status: 403, code: "ForbiddenException", message: "Forbidden" },
  INVALID_SIGNATURE: { status: 403, code: "InvalidSignatureException" },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, code: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
  QUOTA_EXCEEDED: { status: 429, code: "LimitExceededException", message: "Limit Exceeded" },
  REQUEST_TOO_LARGE: { status: 413, code: "RequestTooLargeException", message: "Request Too Long" },
  RESOURCE_NOT_FOUND: { status: 404, code: "NotFoundException", message: "Not Found" },
  THROTTLED: { status: 429, code: "TooManyRequestsException", message: "Too Many Requests" },
  UNAUTHORIZED: { status: 401, code: "UnauthorizedException", message: "Unauthorized" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, code: "BadRequestException", message: "Unsupported Media Type" },
} as const satisfies Record<string, Default>;

export const defaultOf = (type: GatewayResponseType): Default => DEFAULTS[type];

interface Options {
  message?: string;
  /** Where it is not the type's own. */
  status?: number;
  /** `$context.error.validationErrorString`. */
  validationError?: string;
  /** `x-amzn-errortype`, where it is not the type's own. */
  code?: string;
  /** Said to the execution log, never to the client. */
  reason?: string;
}

/** The gateway itself answers, and not what stands behind it. */
export class GatewayFailure extends Error {
  readonly type: GatewayResponseType;
  readonly status: number;
  /** What the client is told; null where AWS tells nothing. */
  readonly text: string | null;
  readonly validationError: string | undefined;
  readonly code: string;

  constructor(type: GatewayResponseType, { message, status, validationError, code, reason }: Options = {}) {
    const standard = defaultOf(type);
    const text = message ?? standard.message ?? null;
    super(reason ?? text ?? type);
    this.name = "GatewayFailure";
    this.type = type;
    this.status = status ?? standard.status ?? 500;
    this.text = text;
    this.validationError = validationError;
    this.code = code ?? standard.code;
  }
}

/** A function or a mapping gave what HTTP has no answer for. */
export const malformed = (reason: string): GatewayFailure => new GatewayFailure("DEFAULT_5XX", { status: 502, reason });

export const misconfigured = (reason: string): GatewayFailure => new GatewayFailure("API_CONFIGURATION_ERROR", { reason });
