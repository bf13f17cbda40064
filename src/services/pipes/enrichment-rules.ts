import type { PipeEnrichmentParameters } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kit/arn.ts";
import { isApiDestination, targetOf } from "../../plumber/pipes/targets/targets.ts";
import { invalid, notBuilt } from "./errors.ts";

const NOT_BUILT: Record<string, string> = { states: "a Step Functions state machine", "execute-api": "API Gateway" };

interface Enriching {
  enrichment?: string;
  enrichmentParameters?: PipeEnrichmentParameters;
}

/** What a pipe has after a request; an empty ARN takes the enrichment away, an empty template the template. */
export const applyEnrichment = (given: { Enrichment?: string | undefined; EnrichmentParameters?: PipeEnrichmentParameters | undefined }, before: Enriching = {}): Enriching => {
  const enrichment = given.Enrichment ?? before.enrichment ?? "";
  if (enrichment === "") return {};
  const arn = parseArn(enrichment);
  const other = arn && NOT_BUILT[arn.service];
  if (other !== undefined) throw notBuilt(`An enrichment by ${other} (${enrichment})`, "functions and API destinations are the enrichments so far");
  const isHttp = arn !== undefined && isApiDestination(arn);
  const isKnown = arn !== undefined && (arn.service === "lambda" || isHttp) && targetOf(arn) !== undefined;
  if (!isKnown) throw invalid({ name: "Enrichment", message: "Invalid pipe enrichment." });
  const http = given.EnrichmentParameters?.HttpParameters ?? (isHttp ? before.enrichmentParameters?.HttpParameters : undefined);
  if (http !== undefined && !isHttp) throw invalid({ name: "EnrichmentParameters.HttpParameters", message: "Parameter is not allowed for the enrichment." });
  const template = given.EnrichmentParameters?.InputTemplate ?? before.enrichmentParameters?.InputTemplate ?? "";
  const enrichmentParameters = { ...(template === "" ? {} : { InputTemplate: template }), ...(http === undefined ? {} : { HttpParameters: http }) };
  return { enrichment, ...(Object.keys(enrichmentParameters).length === 0 ? {} : { enrichmentParameters }) };
};
