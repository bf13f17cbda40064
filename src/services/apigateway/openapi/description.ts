import type { Authorizer, DocumentationPart, GatewayResponse, Method, Model, RequestValidator } from "@aws-sdk/client-api-gateway";
import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";

/** A method whose authorizer and validator are named, as ids are not known yet. */
export interface DescribedMethod {
  path: string;
  httpMethod: string;
  method: Omit<Method, "authorizerId" | "requestValidatorId">;
  authorizer?: string;
  validator?: string;
}

/** What a document of Swagger 2.0 or OpenAPI 3.0 says of a REST API. */
export interface ApiDescription {
  /** Where all paths stand. */
  basePath: string;
  settings: Partial<RestApiBody>;
  /** References in their schemas are `model:<name>`, as the API's id is not known yet. */
  models: (Model & { name: string; schema: string })[];
  validators: (RequestValidator & { name: string })[];
  authorizers: (Authorizer & { name: string })[];
  gatewayResponses: GatewayResponse[];
  methods: DescribedMethod[];
  documentation: Pick<DocumentationPart, "location" | "properties">[];
  /** Paths without methods are resources, too. */
  paths: string[];
  warnings: string[];
}
