import { badRequest, notFound } from "../errors.ts";
import { findItem, saveItem } from "../../../plumber/apis/rows.ts";
import { findApiKeyByValue, KEY_PLAN, PLAN_KEY, planKeyId, USAGE_PLAN, type StoredApiKey } from "../../../plumber/apis/usage-plans.ts";
import type { RestHandlers } from "../needs.ts";
import type { ServiceParts } from "../parts.ts";
import { apiKeyFrom, createApiKey } from "./api-keys.ts";
import { parseCsv } from "./csv.ts";

interface Line {
  key: StoredApiKey;
  planIds: string[];
}

const COLUMNS = ["name", "key", "description", "enabled", "usageplanids"];

const readLines = (text: string, make: (line: Record<string, string>) => Line): Line[] => {
  const [head = [], ...rows] = parseCsv(text);
  const names = head.map((name) => name.trim().toLowerCase());
  if (!names.includes("name") || !names.includes("key")) throw badRequest("Invalid API key file: its first line names the columns, of which name and key must be there");
  const unknown = names.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined) throw badRequest(`Invalid API key file: there is no column ${unknown}. Columns are ${COLUMNS.join(", ")}`);
  return rows.map((row) => make(Object.fromEntries(names.map((name, index) => [name, row[index]?.trim() ?? ""]))));
};

/** Source: "API Gateway API key file format". */
export const importApiKeysHandlers = ({ store, clock, random }: ServiceParts) =>
  ({
    async ImportApiKeys({ body, failOnWarnings }, context) {
      const now = clock.now();
      const lines = readLines(Buffer.from(body as unknown as Uint8Array).toString("utf8"), ({ name, key, description, enabled = "", usageplanids = "" }) => ({
        key: apiKeyFrom(random, { name, value: key, description, enabled: enabled.toLowerCase() === "true" }, now),
        planIds: usageplanids.split(",").map((id) => id.trim()).filter((id) => id !== ""),
      }));
      return store.run(function* () {
        const ids: string[] = [];
        const warnings: string[] = [];
        for (const { key, planIds } of lines) {
          if ((yield* findApiKeyByValue(context, key.value)) !== undefined) {
            warnings.push(`API Key ${key.name} already exists`);
            continue;
          }
          yield* createApiKey(context, key);
          ids.push(key.id);
          for (const planId of planIds) {
            if ((yield* findItem(context, USAGE_PLAN, planId)) === undefined) {
              if (failOnWarnings === true) throw notFound("Invalid Usage Plan ID specified");
              warnings.push(`Usage plan ${planId} does not exist`);
              continue;
            }
            yield* saveItem(context, PLAN_KEY, planKeyId(planId, key.id), key.id);
            yield* saveItem(context, KEY_PLAN, planKeyId(key.id, planId), planId);
          }
        }
        if (failOnWarnings === true && warnings.length > 0) throw badRequest(`Warnings found during import: ${warnings.join("; ")}`);
        return { ids, warnings };
      });
    },
  }) satisfies RestHandlers;
