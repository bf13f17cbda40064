import type { EndpointType } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import type { Random } from "../../../kit/random.ts";
import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";
import { badRequest } from "../errors.ts";
import { checkSchema } from "../models/schema.ts";
import type { RestHandlers } from "../needs.ts";
import { getApi, type ServiceParts } from "../parts.ts";
import { createApi, PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkEndpoint, checkSettings } from "../rest-apis/settings.ts";
import { showApi } from "../rest-apis/show.ts";
import { checkTags } from "../tag-rules.ts";
import { applyDescription, type IdFor } from "./apply.ts";
import type { ApiDescription } from "./description.ts";
import { atApi } from "./read-models.ts";
import { readDescription } from "./read-document.ts";

const createIdFor = (random: Random): IdFor => {
  const ids = new Map<string, string>();
  return (name) => {
    const id = ids.get(name) ?? lowerId(random, PART_ID_LENGTH);
    ids.set(name, id);
    return id;
  };
};

type Parameters = Readonly<Record<string, string>>;

/** What becomes of the document's base path. Source: "Set the OpenAPI basePath property". */
const prefixOf = ({ basePath }: ApiDescription, { basepath = "ignore" }: Parameters): string => {
  const parts = basePath.split("/").filter((part) => part !== "");
  if (basepath === "ignore") return "";
  if (basepath !== "prepend" && basepath !== "split") throw badRequest(`Invalid basepath parameter specified: ${basepath}. Must be one of: [ignore, prepend, split]`);
  const kept = basepath === "split" ? parts.slice(1) : parts;
  return kept.map((part) => `/${part}`).join("");
};

const endpointOf = ({ endpointConfigurationTypes: types }: Parameters): Pick<RestApiBody, "endpointConfiguration"> => (types === undefined ? {} : { endpointConfiguration: checkEndpoint({ types: types.split(",") as EndpointType[] }) });

/** Reads the document, and throws what is wrong with it by itself. */
const readChecked = async (input: { body?: unknown; failOnWarnings?: boolean | undefined; parameters?: Parameters | undefined }): Promise<ApiDescription> => {
  const description = await readDescription(input.body);
  if (input.parameters?.["ignore"] === "documentation") description.documentation = [];
  if (input.failOnWarnings === true && description.warnings.length > 0) throw badRequest(`Warnings found during import:\n\t${description.warnings.join("\n\t")}`);
  for (const { name, schema } of description.models) {
    await checkSchema(atApi(schema, "api")).catch((error: Error) => { throw badRequest(`Errors found during import:\n\tUnable to create model for '${name}': ${error.message}`); });
  }
  return description;
};

const withWarnings = <T extends object>(api: T, { warnings }: ApiDescription): T => (warnings.length === 0 ? api : { ...api, warnings });

/** What a document replaces as a whole when it overwrites: what it does not say is as in a new API. */
const OVERWRITTEN = ["description", "version", "binaryMediaTypes", "minimumCompressionSize", "policy"] as const;

const overwritten = (body: RestApiBody): RestApiBody => Object.fromEntries(Object.entries(body).filter(([name]) => !(OVERWRITTEN as readonly string[]).includes(name)));

export const importHandlers = ({ store, clock, random }: ServiceParts) =>
  ({
    async ImportRestApi(input, context) {
      const parameters = input.parameters ?? {};
      const description = await readChecked(input);
      const { endpointConfiguration, ...settings } = description.settings;
      const made = createApi(random, context, clock.now(), checkSettings({
        apiKeySource: "HEADER",
        disableExecuteApiEndpoint: false,
        securityPolicy: "TLS_1_0",
        ...settings,
        endpointConfiguration: checkEndpoint(endpointConfiguration),
        ...endpointOf(parameters),
        tags: checkTags(settings.tags ?? {}),
      }));
      const prefix = prefixOf(description, parameters);
      const idFor = createIdFor(random);
      const api = await store.run(function* () {
        yield* made.save();
        return yield* applyDescription(made.record, { description, body: made.record.body, isOverwrite: false, prefix, idFor });
      });
      return withWarnings(showApi(api), description);
    },

    async PutRestApi(input, context) {
      const parameters = input.parameters ?? {};
      const description = await readChecked(input);
      const isOverwrite = input.mode === "overwrite";
      const prefix = prefixOf(description, parameters);
      const idFor = createIdFor(random);
      const { endpointConfiguration, ...settings } = description.settings;
      const api = await store.run(function* () {
        const before = yield* getApi(context, input);
        const body = checkSettings({ ...(isOverwrite ? overwritten(before.body) : before.body), ...settings, ...(endpointConfiguration === undefined ? {} : { endpointConfiguration: checkEndpoint(endpointConfiguration) }), ...endpointOf(parameters) });
        return yield* applyDescription(before, { description, body, isOverwrite, prefix, idFor });
      });
      return withWarnings(showApi(api), description);
    },
  }) satisfies RestHandlers;
