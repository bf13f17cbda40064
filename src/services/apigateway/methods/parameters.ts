import { invalidExpression } from "../errors.ts";

const REQUEST = /^(method|integration)\.request\.(path|querystring|header|multivaluequerystring|multivalueheader)\.(.+)$/;
const NAME = /^[a-zA-Z0-9._$\-[\]]+$/;
const HEADER = /^[a-zA-Z0-9!#$%&'*+\-.^_`|~]+$/;
const SOURCE_BODY = /^(method\.request|integration\.response)\.body(\..+|\[.+)?$/;
const RESPONSE = /^(method|integration)\.response\.(header|multivalueheader)\.(.+)$/;

const isRequest = (side: "method" | "integration", name: string): boolean => {
  const [, of, location, rest] = REQUEST.exec(name) ?? [];
  return of === side && (location!.endsWith("header") ? HEADER : NAME).test(rest!);
};

const isResponse = (side: "method" | "integration", name: string): boolean => {
  const [, of, , rest] = RESPONSE.exec(name) ?? [];
  return of === side && HEADER.test(rest!);
};

const isStatic = (source: string): boolean => /^'[^]*'$/.test(source);
const isOfAnywhere = (source: string): boolean => isStatic(source) || /^(context|stageVariables)\..+/.test(source);

const checkAll = (texts: readonly string[], isFine: (text: string) => boolean, what: string): void => {
  const wrong = texts.filter((text) => !isFine(text));
  if (wrong.length > 0) throw invalidExpression(...wrong.map((text) => `${what} specified: ${text}`));
};

const PARAMETER = "Invalid mapping expression parameter";
const EXPRESSION = "Invalid mapping expression";

/** What a method requires of a request: `method.request.header.X`. */
export const checkMethodRequest = (parameters: object): void => checkAll(Object.keys(parameters), (name) => isRequest("method", name), EXPRESSION);

/** What a method may answer with: `method.response.header.X`. */
export const checkMethodResponse = (parameters: object): void => checkAll(Object.keys(parameters), (name) => isResponse("method", name), PARAMETER);

/** What the backend is sent, and from where it is taken. */
export const checkIntegrationRequest = (parameters: Readonly<Record<string, string>>): void => {
  checkAll(Object.keys(parameters), (name) => isRequest("integration", name), PARAMETER);
  checkAll(Object.values(parameters), (source) => isOfAnywhere(source) || isRequest("method", source) || SOURCE_BODY.test(source), EXPRESSION);
};

/** What the client is answered with: only headers that the method's response has. */
export const checkIntegrationResponse = (parameters: Readonly<Record<string, string>>, declared: object): void => {
  checkAll(Object.keys(parameters), (name) => isResponse("method", name) && Object.hasOwn(declared, name), PARAMETER);
  checkAll(Object.values(parameters), (source) => isOfAnywhere(source) || isResponse("integration", source) || SOURCE_BODY.test(source), EXPRESSION);
};
