import type { DescribePipeResponse, Pipe as ListedPipe } from "@aws-sdk/client-pipes";
import { pipeArn, stateOf, type Pipe } from "../../plumber/pipes/pipe.ts";

/** As every change answers. */
export const showState = (pipe: Pipe, now: number) => ({
  Arn: pipeArn(pipe),
  Name: pipe.name,
  // Only the answers of DescribePipe and DeletePipe may say DELETED.
  DesiredState: pipe.body.desiredState as "RUNNING" | "STOPPED",
  CurrentState: stateOf(pipe, now),
  CreationTime: new Date(pipe.body.createdAt),
  LastModifiedTime: new Date(pipe.body.modifiedAt),
});

const WELL = "User initiated";

/** Why its last change failed, else what keeps it from its work. */
const reasonOf = ({ body: { failure, settlesAt } }: Pipe, now: number, problem: string | undefined): string => (now < settlesAt ? undefined : failure) ?? problem ?? WELL;

export const listed = (pipe: Pipe, now: number, problem: string | undefined): ListedPipe => ({
  ...showState(pipe, now), StateReason: reasonOf(pipe, now, problem), Source: pipe.body.source, Target: pipe.body.target, Enrichment: pipe.body.enrichment,
});

export const described = (pipe: Pipe, now: number, problem: string | undefined): DescribePipeResponse => {
  const { description, sourceParameters, enrichmentParameters = {}, targetParameters = {}, roleArn, logConfiguration, tags } = pipe.body;
  return {
    ...listed(pipe, now, problem),
    Description: description, SourceParameters: sourceParameters, EnrichmentParameters: enrichmentParameters, TargetParameters: targetParameters, RoleArn: roleArn, LogConfiguration: logConfiguration,
    Tags: tags,
  };
};
