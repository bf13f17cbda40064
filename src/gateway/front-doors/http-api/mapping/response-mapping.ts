import type { Integration } from "@aws-sdk/client-apigatewayv2";
import type { WireResponse } from "../../../../protocol/http.ts";
import { isSendable } from "../../answer-headers.ts";
import type { Passage } from "../passage.ts";
import { compileChanges, type Change } from "./change.ts";
import { readsBody, type Subject } from "./expression.ts";

/** What a response parameter mapping does to answers of one status. */
export interface ResponseMapping {
  needsBody: boolean;
  map(passage: Passage, response: WireResponse): WireResponse;
}

const responseSubject = ({ headers, body }: WireResponse): Subject => ({
  of: "response",
  header: (name) => (Object.hasOwn(headers, name) ? [headers[name]!].flat().join(",") : undefined),
  body: () => (typeof body === "string" ? body : body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : undefined),
});

const apply = (response: WireResponse, { verb, target, name }: Change, value: string | undefined): void => {
  if (verb !== "remove" && value === undefined) return;
  if (target === "statuscode") {
    if (/^[2-5]\d\d$/.test(value!)) response.status = Number(value);
    return;
  }
  if (verb === "remove") delete response.headers[name];
  else if (isSendable(name, value!)) response.headers[name] = verb === "append" && response.headers[name] !== undefined ? [...[response.headers[name]].flat(), value!] : value!;
};

const compileOne = (parameters: Readonly<Record<string, string>>): ResponseMapping => {
  const changes = compileChanges(parameters, "response");
  return {
    needsBody: Object.values(parameters).some(readsBody),
    map(passage, response) {
      const subject = responseSubject(response);
      const mapped = { ...response, headers: { ...response.headers } };
      for (const change of changes) apply(mapped, change, change.verb === "remove" ? undefined : change.value(passage, subject));
      return mapped;
    },
  };
};

/** By the status that the integration answered with. */
export const compileResponseMappings = (parameters: NonNullable<Integration["ResponseParameters"]>): ReadonlyMap<string, ResponseMapping> =>
  new Map(Object.entries(parameters).map(([status, changes]) => [status, compileOne(changes)]));
