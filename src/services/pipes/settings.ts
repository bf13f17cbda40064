import type { CreatePipeRequest, UpdatePipeRequest } from "@aws-sdk/client-pipes";
import { parseArn } from "../../kit/arn.ts";
import { unknownVariableOf } from "../../plumber/pipes/input-template.ts";
import type { PipeSettings } from "../../plumber/pipes/pipe.ts";
import { targetOf } from "../../plumber/pipes/targets/targets.ts";
import { applyEnrichment } from "./enrichment-rules.ts";
import { invalid, notBuilt } from "./errors.ts";
import { logConfigurationOf } from "./log-rules.ts";
import { applySource, queueOf } from "./source-rules.ts";
import { applyTarget, targetArnOf } from "./target-rules.ts";

const checkTemplate = (member: string, template = ""): void => {
  const unknown = unknownVariableOf(template);
  if (unknown !== undefined) throw invalid({ name: `${member}.InputTemplate`, message: `Invalid json path reference or predefined variable for placeholder ${unknown}` });
};

type Given = Omit<Partial<CreatePipeRequest> & Partial<UpdatePipeRequest>, "Name" | "SourceParameters" | "Tags" | "DesiredState"> & { SourceParameters?: CreatePipeRequest["SourceParameters"] | UpdatePipeRequest["SourceParameters"] };

/** The settings after a request: what it does not speak of stays. Throws for what AWS would refuse, and for what is not built. */
export const applySettings = (given: Given, before: PipeSettings | undefined, place: { account: string; region: string }): PipeSettings => {
  if (given.KmsKeyIdentifier !== undefined && given.KmsKeyIdentifier !== "") throw notBuilt("KmsKeyIdentifier", "there is no KMS; leave it out, as pipes are kept where all of the server's state is");
  const roleArn = (given.RoleArn ?? before?.roleArn)!;
  if (parseArn(roleArn)?.account !== place.account) throw invalid({ name: "RoleArn", message: "Cross-account pass role is not allowed." });
  const source = before?.source ?? given.Source!;
  const queue = queueOf(source, place);
  const target = given.Target ?? before!.target;
  const targetArn = targetArnOf(target, place);
  checkTemplate("EnrichmentParameters", given.EnrichmentParameters?.InputTemplate);
  checkTemplate("TargetParameters", given.TargetParameters?.InputTemplate);
  const targetParameters = applyTarget(targetArn, given.TargetParameters, before?.targetParameters);
  const enriching = applyEnrichment(given, before);
  const batchMax = Math.min(targetOf(targetArn)!.batchMax, enriching.enrichment === undefined ? Infinity : targetOf(parseArn(enriching.enrichment)!)!.batchMax);
  const sourceParameters = applySource(given.SourceParameters, before?.sourceParameters, queue, batchMax);
  const description = given.Description ?? before?.description ?? "";
  const logConfiguration = given.LogConfiguration === undefined ? before?.logConfiguration : logConfigurationOf(given.LogConfiguration, place);
  return {
    source, sourceParameters, target, roleArn,
    ...enriching,
    ...(description === "" ? {} : { description }),
    ...(targetParameters === undefined ? {} : { targetParameters }),
    ...(logConfiguration === undefined ? {} : { logConfiguration }),
  };
};
