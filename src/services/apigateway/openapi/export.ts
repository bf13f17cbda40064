import { isSecureEndpoint, ownHost } from "../../../kit/own-address.ts";
import { badRequest } from "../errors.ts";
import { toDate, type RestHandlers } from "../needs.ts";
import { getApi, getPart, type ServiceParts } from "../parts.ts";
import { writeDocument, type Extensions } from "./write-document.ts";
import { writingOf } from "./write-formats.ts";
import type { Operation } from "../../../store/store.ts";
import type { Place } from "../../../plumber/apis/rows.ts";

/** `integrations`, `authorizers`, `documentation`, `validators`, `gatewayresponses`; `apigateway` is all of them. */
const extensionsOf = (text = ""): Extensions => {
  const asked = new Set(text.split(",").map((name) => name.trim().toLowerCase()));
  if (asked.has("postman")) throw badRequest("Invalid extensions specified: postman is not built in this version of lambdad");
  const has = (name: string) => asked.has("apigateway") || asked.has(name);
  return {
    integrations: has("integrations"),
    authorizers: has("authorizers") || has("integrations"),
    documentation: has("documentation"),
    validators: has("validators") || has("integrations"),
    gatewayResponses: has("gatewayresponses") || has("integrations"),
  };
};

const isYaml = (accepts: string | undefined): boolean => /^application\/(x-)?yaml/.test(accepts ?? "");

/** What a stage serves, and the documentation that it has. */
function* readExported(place: Place, named: { restApiId: string | undefined; stageName: string | undefined }): Operation<Parameters<typeof writeDocument>[0] & { apiId: string }> {
  const api = yield* getApi(place, named);
  const stage = yield* getPart(api, "stage", named.stageName);
  const { snapshot, createdAt } = yield* getPart(api, "deployment", stage.deploymentId);
  const version = stage.documentationVersion === undefined ? undefined : yield* getPart(api, "documentation-version", stage.documentationVersion);
  return { apiId: api.apiId, snapshot, documentation: version?.parts ?? [], documentationVersion: version?.version, date: toDate(createdAt).toISOString().replace(".000Z", "Z") };
}

export const exportHandlers = ({ store }: ServiceParts) =>
  ({
    async GetExport(input, context) {
      const { stageName, exportType, parameters = {}, accepts } = input;
      const writing = writingOf(exportType!);
      if (writing === undefined) throw badRequest(`No API exporter for type '${exportType}'`);
      const exported = await store.run(() => readExported(context, input));
      const host = ownHost(`${exported.apiId}.execute-api.${context.region}`, "amazonaws.com", context.endpoint);
      const document = writeDocument(exported, writing, extensionsOf(parameters["extensions"]), { host, scheme: isSecureEndpoint(context.endpoint) ? "https" : "http", stage: stageName! });
      const yaml = isYaml(accepts) ? (await import("yaml")).stringify(document, { aliasDuplicateObjects: false, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }) : undefined;
      const suffix = yaml === undefined ? "json" : "yaml";
      return {
        contentType: `application/${suffix}`,
        contentDisposition: `attachment; filename="${exportType}_${exported.date}.${suffix}"`,
        body: Buffer.from(yaml ?? JSON.stringify(document, undefined, 2)),
      };
    },
  }) satisfies RestHandlers;
