import { apiRequestId } from "../../../kit/ids.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import type { ApiDoor, ApiRequest } from "../apis.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { createServe } from "./serve.ts";
import { createServed } from "./served.ts";

const refusal = (message: string, code: string, random: FrontDoorNeeds["random"]): WireResponse => ({
  status: 403,
  headers: { "content-type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": random.uuid(), "x-amz-apigw-id": apiRequestId(random) },
  body: JSON.stringify({ message }),
});

/** The stage, by the mapping or the first segment, and what is asked of it. */
const stageOf = ({ path, mapping }: Pick<ApiRequest, "path" | "mapping">): { stage: string; below: string } => {
  if (mapping !== undefined && mapping.stage !== "") return { stage: mapping.stage, below: mapping.basePath === "" ? path : path.slice(mapping.basePath.length + 1) };
  const [, stage = "", below = ""] = /^\/([^/]*)(.*)$/s.exec(mapping === undefined ? path : path.slice(mapping.basePath.length + (mapping.basePath === "" ? 0 : 1))) ?? [];
  return { stage, below };
};

/** What serves REST APIs. */
export const createRestApis = (needs: FrontDoorNeeds): ApiDoor => {
  const find = createServed(needs);
  const { serve } = createServe(needs);

  return async ({ request, api, path, domainName, mapping }) => {
    const { stage, below } = stageOf({ path, ...(mapping === undefined ? {} : { mapping }) });
    const serving = await find(api.apiId, stage);
    if (serving === undefined || (mapping === undefined && serving.compiled.api.disableExecuteApiEndpoint === true)) return refusal("Forbidden", "ForbiddenException", needs.random);
    const inner = below === "" ? "/" : below;
    return serve({ serving, request, path: inner, eventPath: mapping === undefined ? inner : path, fullPath: path, domainName });
  };
};
