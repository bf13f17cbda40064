import type { DocumentationPart, DocumentationVersion } from "@aws-sdk/client-api-gateway";

/** The documentation of a version is the parts as they were. */
export type StoredDocumentationVersion = Omit<DocumentationVersion, "createdDate"> & { createdAt: number; parts: DocumentationPart[] };

/** By the kind in `api_part`. */
export interface DocumentationParts {
  "documentation-part": DocumentationPart & { id: string };
  /** By its name. */
  "documentation-version": StoredDocumentationVersion;
}
