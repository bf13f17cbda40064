import type { DocumentationVersion } from "@aws-sdk/client-api-gateway";
import { findPart, savePart } from "../../../plumber/apis/rows.ts";
import { badRequest, conflict } from "../errors.ts";
import { toDate, type RestHandlers } from "../needs.ts";
import { allParts, getPart, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { member } from "../patch/rules.ts";
import type { StoredDocumentationVersion } from "./stored.ts";

const rules: Rules<StoredDocumentationVersion> = { "/description": member() };

const show = ({ version, description, createdAt }: StoredDocumentationVersion): DocumentationVersion => ({ version, createdDate: toDate(createdAt), ...(description === undefined ? {} : { description }) });

export const documentationVersionHandlers = ({ clock, parts }: ServiceParts) =>
  ({
    async CreateDocumentationVersion({ restApiId, documentationVersion, stageName, description }, context) {
      const createdAt = clock.now();
      return show(await parts.create("documentation-version", context, { restApiId }, documentationVersion!, function* (api) {
        if ((yield* findPart(api.apiId, "documentation-version", documentationVersion!)) !== undefined) throw conflict("Documentation version already exists");
        if (stageName !== undefined) yield* savePart(api.apiId, "stage", stageName, { ...(yield* getPart(api, "stage", stageName)), documentationVersion, lastUpdatedAt: createdAt });
        return { version: documentationVersion!, ...(description === undefined ? {} : { description }), createdAt, parts: yield* allParts(api, "documentation-part") };
      }));
    },
    async GetDocumentationVersion({ restApiId, documentationVersion }, context) {
      return show(await parts.get("documentation-version", context, { restApiId }, documentationVersion));
    },
    GetDocumentationVersions: (input, context) => parts.list("documentation-version", context, input, show),
    async UpdateDocumentationVersion({ restApiId, documentationVersion, patchOperations }, context) {
      return show(await parts.change("documentation-version", context, { restApiId }, documentationVersion, function* (version) { return applyPatches(version, rules, patchOperations); }));
    },
    async DeleteDocumentationVersion({ restApiId, documentationVersion }, context) {
      await parts.remove("documentation-version", context, { restApiId }, documentationVersion, function* (_version, api) {
        const stage = (yield* allParts(api, "stage")).find((one) => one.documentationVersion === documentationVersion);
        if (stage !== undefined) throw badRequest(`Documentation version ${documentationVersion} is associated with the stage ${stage.stageName}, and cannot be deleted`);
      });
      return {};
    },
  }) satisfies RestHandlers;
