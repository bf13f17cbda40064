/** What is found out of a request, or of a turn of a connection, on its way: for access logs and metrics. */
export interface Findings {
  authorizerError?: string;
  authorizerStatus?: number;
  authorizerLatencyMs?: number;
  integrationError?: string;
  /** Of the integration itself, which may be another one than the client sees. */
  integrationStatus?: number;
  integrationLatencyMs?: number;
  /** Of what stands behind the integration. */
  integrationRequestId?: string;
  /** The gateway's own refusal. */
  errorMessage?: string;
  errorType?: string;
}
