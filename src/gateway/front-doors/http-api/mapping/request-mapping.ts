import type { Integration } from "@aws-sdk/client-apigatewayv2";
import type { GatewayRequest } from "../../../dispatch.ts";
import { headerFields } from "../../headers.ts";
import { readQuery } from "../../query.ts";
import type { Passage } from "../passage.ts";
import { compileChanges, type Change } from "./change.ts";
import { readsBody, type Subject } from "./expression.ts";

/** The request as the integration is to see it. */
export interface MappedRequest {
  request: GatewayRequest;
  /** Undefined unless a mapping says it. */
  path: string | undefined;
}

export interface RequestMapping {
  needsBody: boolean;
  map(passage: Passage, body: Buffer): MappedRequest;
}

export const requestSubject = (request: Pick<GatewayRequest, "rawHeaders" | "query">, body: Buffer): Subject => {
  const { query } = request;
  let parameters: Map<string, string[]> | undefined;
  return {
    of: "request",
    header(name) {
      const values = [...headerFields(request)].filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(",");
    },
    query: (name) => (parameters ??= readQuery(query)).get(name)?.join(","),
    body: () => (body.length === 0 ? undefined : body.toString("utf8")),
  };
};

type Pairs = [name: string, value: string][];

const change = (pairs: Pairs, { verb, name }: Change, value: string | undefined, isSame: (one: string) => boolean): Pairs => {
  const others = verb === "append" ? pairs : pairs.filter(([one]) => !isSame(one));
  return verb === "remove" || value === undefined ? (value === undefined && verb !== "remove" ? pairs : others) : [...others, [name, value]];
};

const withPairs = (request: GatewayRequest, fields: Pairs, query: Pairs | undefined): GatewayRequest => {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return {
    ...request,
    headers,
    rawHeaders: fields.flat(),
    ...(query === undefined ? {} : { query: query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&") }),
  };
};

/** What a request parameter mapping does to a request. */
export const compileRequestMapping = (parameters: NonNullable<Integration["RequestParameters"]>): RequestMapping => {
  const changes = compileChanges(parameters, "request");
  return {
    needsBody: Object.values(parameters).some(readsBody),
    map(passage, body) {
      const { request } = passage;
      const subject = requestSubject(request, body);
      let fields: Pairs = [...headerFields(request)];
      let query: Pairs | undefined;
      let path: string | undefined;
      for (const one of changes) {
        const value = one.verb === "remove" ? undefined : one.value(passage, subject);
        if (one.target === "path") path = value ?? path;
        else if (one.target === "header") fields = change(fields, one, value, (name) => name.toLowerCase() === one.name);
        else {
          query ??= [...readQuery(request.query)].flatMap(([name, values]) => values.map((single): [string, string] => [name, single]));
          query = change(query, one, value, (name) => name === one.name);
        }
      }
      return { request: withPairs(request, fields, query), path };
    },
  };
};
