import type { Cors } from "@aws-sdk/client-apigatewayv2";
import type { WireResponse } from "../../../protocol/http.ts";
import { corsHeaders, preflightHeaders } from "../cors.ts";

type Headers = Readonly<Record<string, string>>;

/** Before any route: nobody's function is asked. Source: "Configure CORS for HTTP APIs". */
export const preflightAnswer = (cors: Cors, headers: Headers): WireResponse => ({ status: 204, headers: preflightHeaders(cors, headers) });

/** What the API says, whatever what stands behind it says of CORS. */
export const withCors = (response: WireResponse, cors: Cors, headers: Headers): WireResponse => {
  const others = Object.entries(response.headers).filter(([name]) => !name.startsWith("access-control-"));
  const own = corsHeaders(cors, headers);
  const vary = others.find(([name]) => name === "vary")?.[1];
  const merged = vary === undefined || own["vary"] === undefined ? {} : { vary: [...new Set([...[vary].flat().flatMap((one) => one.split(/\s*,\s*/)), own["vary"]])].join(", ") };
  return { ...response, headers: { ...Object.fromEntries(others), ...own, ...merged } };
};
