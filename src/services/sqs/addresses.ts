import type { RequestContext } from "../service.ts";
import { invalidAddress } from "./errors.ts";
import type { SqsParts } from "./needs.ts";
import { parseQueueUrl } from "./queue-names.ts";

export const inQueue: SqsParts["inQueue"] = ({ QueueUrl: url = "" }, { region }: Pick<RequestContext, "region">) => {
  const named = parseQueueUrl(url, region);
  if (named === undefined) throw invalidAddress(url);
  return named;
};
