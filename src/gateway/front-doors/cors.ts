/** A CORS configuration, of a function URL and of an HTTP API alike. */
export interface CorsRules {
  AllowCredentials?: boolean | undefined;
  AllowHeaders?: readonly string[] | undefined;
  AllowMethods?: readonly string[] | undefined;
  AllowOrigins?: readonly string[] | undefined;
  ExposeHeaders?: readonly string[] | undefined;
  /** Seconds. */
  MaxAge?: number | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** `*` stands for any run of characters: `*`, `https://*`, `https://*.example.com`. */
const matchesOrigin = (pattern: string, origin: string): boolean =>
  pattern.includes("*") ? new RegExp(`^${pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "i").test(origin) : pattern.toLowerCase() === origin.toLowerCase();

/** A browser asks whether a page may send what it wants to send. */
export const isPreflight = (method: string, headers: Headers): boolean => method === "OPTIONS" && headers["origin"] !== undefined && headers["access-control-request-method"] !== undefined;

/** Of an answer; nothing for an origin that is not allowed. A wildcard is no answer to a request with credentials: then the origin is named. */
export const corsHeaders = (rules: CorsRules, headers: Headers): Record<string, string> => {
  const origin = headers["origin"];
  const origins = rules.AllowOrigins ?? [];
  if (origin === undefined || !origins.some((pattern) => matchesOrigin(pattern, origin))) return {};
  const isAny = origins.includes("*") && rules.AllowCredentials !== true;
  return {
    "access-control-allow-origin": isAny ? "*" : origin,
    ...(isAny ? {} : { vary: "Origin" }),
    ...(rules.AllowCredentials === true ? { "access-control-allow-credentials": "true" } : {}),
    ...(rules.ExposeHeaders === undefined || rules.ExposeHeaders.length === 0 ? {} : { "access-control-expose-headers": rules.ExposeHeaders.join(",") }),
  };
};

/** A wildcard is no answer to a request with credentials: then what was asked for is named. */
const named = (allowed: readonly string[] = [], asked: string | undefined, isNaming: boolean): string => (allowed.includes("*") && isNaming ? (asked ?? "") : allowed.join(","));

export const preflightHeaders = (rules: CorsRules, headers: Headers): Record<string, string> => {
  const { "access-control-expose-headers": _ofAnswers, ...allowed } = corsHeaders(rules, headers);
  if (allowed["access-control-allow-origin"] === undefined) return {};
  const isNaming = rules.AllowCredentials === true;
  const methods = named(rules.AllowMethods, headers["access-control-request-method"], isNaming);
  const names = named(rules.AllowHeaders, headers["access-control-request-headers"], isNaming);
  return {
    ...allowed,
    ...(methods === "" ? {} : { "access-control-allow-methods": methods }),
    ...(names === "" ? {} : { "access-control-allow-headers": names }),
    ...(rules.MaxAge === undefined ? {} : { "access-control-max-age": String(rules.MaxAge) }),
  };
};
