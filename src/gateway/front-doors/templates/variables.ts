import type { ValuesV1 } from "../event-v1.ts";
import { compilePath, findByPath, PathError } from "../json-path.ts";
import { Callable, jsonOf, textOf } from "./values.ts";
import { TemplateError } from "./template.ts";

/** What `$input` is made of. */
export interface TemplateInput {
  body: string;
  path: Readonly<Record<string, string>>;
  query: ValuesV1["single"];
  headers: ValuesV1["single"];
}

const parse = (body: string): unknown => {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    // A body that is no JSON is one text to a template.
    return body;
  }
};

const caseless = (headers: Readonly<Record<string, string>>, name: string): string | undefined => {
  const found = Object.hasOwn(headers, name) ? name : Object.keys(headers).find((one) => one.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : headers[found];
};

const own = (values: Readonly<Record<string, string>>, name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);

/** Of the path, then of the query, then of the headers. */
const params = ({ path, query, headers }: TemplateInput) => (name?: unknown): unknown => {
  if (name === undefined) return { path: { ...path }, querystring: { ...query }, header: { ...headers } };
  const wanted = textOf(name);
  return own(path, wanted) ?? own(query ?? {}, wanted) ?? caseless(headers ?? {}, wanted) ?? "";
};

export const inputVariable = (input: TemplateInput): Callable => {
  let document: { value: unknown } | undefined;
  const find = (path: unknown): unknown => {
    try {
      return findByPath(compilePath(textOf(path)), (document ??= { value: parse(input.body) }).value);
    } catch (error) {
      if (error instanceof PathError) throw new TemplateError(error.message);
      throw error;
    }
  };
  return new Callable(
    {
      path: find,
      json: (path) => {
        const found = find(path);
        return found === undefined ? '""' : textOf(path).includes("..") ? jsonOf(found) : JSON.stringify(found);
      },
      params: params(input),
    },
    { body: input.body },
  );
};

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const SHORT: Record<string, string> = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "'": "\\'", '"': '\\"', "\\": "\\\\" };

/** For a string of JavaScript; the single quote, too, which JSON does not know escaped. */
const escapeJavaScript = (value: unknown): string => textOf(value).replace(/[\u0000-\u001f'"\\\u007f-\uffff]/g, (character) => SHORT[character] ?? escapeCharacter(character)); // oxlint-disable-line no-control-regex

const decodeUrl = (value: unknown): string => {
  const text = textOf(value).replaceAll("+", " ");
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TemplateError("$util.urlDecode was given what is not percent-encoded");
  }
};

const parseJson = (value: unknown): unknown => {
  try {
    return JSON.parse(textOf(value)) as unknown;
  } catch {
    throw new TemplateError("$util.parseJson was given what is no JSON");
  }
};

/** As forms are encoded. */
const encodeUrl = (value: unknown): string => new URLSearchParams([["", textOf(value)]]).toString().slice(1);

export const utilVariable = new Callable({
  escapeJavaScript,
  parseJson,
  urlEncode: encodeUrl,
  urlDecode: decodeUrl,
  base64Encode: (value) => Buffer.from(textOf(value)).toString("base64"),
  base64Decode: (value) => Buffer.from(textOf(value), "base64").toString("utf8"),
});
