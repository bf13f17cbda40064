import { contextVariable } from "../context-variables.ts";
import type { Passage } from "../passage.ts";

/** What the expressions of a mapping speak of: `$request.…` of a request's, `$response.…` of an answer's. */
export interface Subject {
  of: "request" | "response";
  header(lowerCaseName: string): string | undefined;
  /** Of a request. */
  query?(name: string): string | undefined;
  /** The text of the body; undefined when there is none. */
  body(): string | undefined;
}

/** Undefined where there is nothing to tell. */
export type Expression = (passage: Passage, subject: Subject) => string | undefined;

/** A body is looked into so far, in characters. Source: "Transform API requests and responses for HTTP APIs". */
const BODY_LOOKED_INTO = 100 * 1024;

const asText = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value));

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** `a.b[0]['c']`: names and places one after the other. */
const stepsOf = (path: string): string[] => [...path.matchAll(/\[(?:'([^']*)'|"([^"]*)"|(\d+))\]|([^.[\]]+)/g)].map(([, single, double, index, name]) => single ?? double ?? index ?? name!);

const lookUp = (value: unknown, steps: readonly string[]): unknown => {
  let at = value;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
};

const ofBody = (path: string): Expression => {
  if (path === "") return (_passage, subject) => subject.body();
  const steps = stepsOf(path);
  return (_passage, subject) => asText(lookUp(parse((subject.body() ?? "").slice(0, BODY_LOOKED_INTO)), steps));
};

/** What stands behind `$request.` or `$response.`. */
const ofSubject = (path: string, of: Subject["of"]): Expression | undefined => {
  const [, part = "", name = ""] = /^(header|querystring|path|body)(?:\.(.+))?$/s.exec(path) ?? [];
  switch (part) {
    case "header": return (_passage, subject) => subject.header(name.toLowerCase());
    case "body": return ofBody(name);
    case "querystring": return of === "request" ? (_passage, subject) => subject.query?.(name) : undefined;
    case "path": return of === "request" ? (passage) => (name === "" ? passage.path : Object.hasOwn(passage.pathParameters, name) ? passage.pathParameters[name] : undefined) : undefined;
    default: return undefined;
  }
};

const compileOne = (text: string, of: Subject["of"]): Expression | undefined => {
  const [, root, path = ""] = /^(request|response|context|stageVariables)\.(.+)$/s.exec(text) ?? [];
  if (root === "context") return (passage) => contextVariable(passage, path);
  if (root === "stageVariables") return ({ served }) => (Object.hasOwn(served.variables, path) ? served.variables[path] : undefined);
  return root === of ? ofSubject(path, of) : undefined;
};

/** `$request.header.x`, text with `${context.y}` in it, or text alone. What no expression is stands for itself. */
export const compileExpression = (text: string, of: Subject["of"]): Expression => {
  const whole = text.startsWith("$") && !text.startsWith("${") ? compileOne(text.slice(1), of) : undefined;
  if (whole !== undefined) return whole;
  const parts = text.split(/(\$\{[^}]+\})/).filter((part) => part !== "").map((part): Expression => {
    const inner = part.startsWith("${") ? compileOne(part.slice(2, -1).replace(/^\$/, ""), of) : undefined;
    return inner ?? (() => part);
  });
  if (parts.length === 1) return parts[0]!;
  return (passage, subject) => parts.map((part) => part(passage, subject) ?? "").join("");
};

/** Whether the whole body is needed to tell it. */
export const readsBody = (text: string): boolean => /\$\{?(request|response)\.body/.test(text);
