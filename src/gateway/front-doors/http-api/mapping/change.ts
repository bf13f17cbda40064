import { compileExpression, type Expression, type Subject } from "./expression.ts";

type Verb = "append" | "overwrite" | "remove";

/** `append:header.x`, with what it is to be. */
export interface Change {
  verb: Verb;
  target: "header" | "querystring" | "path" | "statuscode";
  /** Of a header in small letters. */
  name: string;
  value: Expression;
}

/** Source: "Reserved headers", parameter mapping of HTTP APIs. */
const RESERVED = /^(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers?|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-(for|host|proto)|via)$/;

export const isReservedHeader = (lowerCaseName: string): boolean => RESERVED.test(lowerCaseName);

const KEY = /^(append|overwrite|remove):(?:(header|querystring)\.(.+)|(path|statuscode))$/s;

/** Undefined for a key that is none, or names what may not be changed. */
const compileChange = (key: string, text: string, of: Subject["of"]): Change | undefined => {
  const [, verb, named, rawName = "", single] = KEY.exec(key) ?? [];
  if (verb === undefined) return undefined;
  const target = (named ?? single) as Change["target"];
  if (named === undefined && (verb !== "overwrite" || target !== (of === "request" ? "path" : "statuscode"))) return undefined;
  if (of === "response" && target === "querystring") return undefined;
  const name = target === "header" ? rawName.toLowerCase() : rawName;
  if (target === "header" && isReservedHeader(name)) return undefined;
  return { verb: verb as Verb, target, name, value: compileExpression(text, of) };
};

/** All of a mapping's changes; throws the name of one that cannot be honoured. */
export const compileChanges = (parameters: Readonly<Record<string, string>>, of: Subject["of"]): Change[] =>
  Object.entries(parameters).map(([key, text]) => {
    const change = compileChange(key, text, of);
    if (change === undefined) throw new Error(`the parameter mapping ${key} is none that a ${of} has, or names a reserved header`);
    return change;
  });
