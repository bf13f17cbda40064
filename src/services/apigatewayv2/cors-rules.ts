import type { Cors } from "@aws-sdk/client-apigatewayv2";
import { API_CORS_MAX_AGE_SECONDS } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";

const METHODS = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"]);
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/\S+)$/i;

/** "Configure CORS for HTTP APIs" and "Cors", API reference. */
export const checkCors = (cors: Cors | undefined): void => {
  if (cors === undefined) return;
  const { AllowOrigins = [], AllowMethods = [], AllowCredentials, MaxAge } = cors;
  const origin = AllowOrigins.find((one) => !ORIGIN.test(one));
  if (origin !== undefined) throw badRequest(`Invalid format for origin ${origin}. Origin must be *, or begin with http:// or https://`);
  const method = AllowMethods.find((one) => !METHODS.has(one));
  if (method !== undefined) throw badRequest(`Invalid method ${method} in allowMethods. Valid methods are GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS and *`);
  if (AllowCredentials === true && AllowOrigins.includes("*")) throw badRequest("allow-credentials is not supported if 'allow-origin' is *");
  if (MaxAge !== undefined && (MaxAge < -1 || MaxAge > API_CORS_MAX_AGE_SECONDS)) throw badRequest(`maxAge must be between -1 and ${API_CORS_MAX_AGE_SECONDS} seconds`);
};
