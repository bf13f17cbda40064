import type { CodeSigningConfig, CodeSigningPolicy } from "@aws-sdk/client-lambda";
import { formatArn, parseArn } from "../../../kit/arn.ts";
import { sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { awsTime } from "../functions/state.ts";

export interface CodeSigningConfigName {
  account: string;
  region: string;
  /** `csc-…` */
  id: string;
}

export interface CodeSigningConfigRecord extends CodeSigningConfigName {
  description?: string;
  /** ARNs of signing profiles' versions. */
  publishers: string[];
  policy: CodeSigningPolicy;
  tags: Record<string, string>;
  lastModified: number;
}

/** Undefined for an ARN of something else. */
export const parseCodeSigningConfigArn = (text: string): CodeSigningConfigName | undefined => {
  const arn = parseArn(text);
  const [, id] = /^code-signing-config:(.+)$/.exec(arn?.resource ?? "") ?? [];
  return arn?.service === "lambda" && id !== undefined ? { account: arn.account, region: arn.region, id } : undefined;
};

export const codeSigningConfigArn = ({ account, region, id }: CodeSigningConfigName): string => formatArn({ service: "lambda", region, account, resource: `code-signing-config:${id}` });

export const toCodeSigningConfig = (row: Row): CodeSigningConfigRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  id: row["id"] as string,
  ...(row["description"] === null ? {} : { description: row["description"] as string }),
  publishers: JSON.parse(row["publishers"] as string) as string[],
  policy: row["policy"] as CodeSigningPolicy,
  tags: JSON.parse(row["tags"] as string) as Record<string, string>,
  lastModified: row["last_modified"] as number,
});

export function* findCodeSigningConfig({ account, region, id }: CodeSigningConfigName): Operation<CodeSigningConfigRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_code_signing_config where account = ? and region = ? and id = ?", account, region, id);
  return row === undefined ? undefined : toCodeSigningConfig(row);
}

export const describeCodeSigningConfig = (record: CodeSigningConfigRecord): CodeSigningConfig => ({
  CodeSigningConfigId: record.id,
  CodeSigningConfigArn: codeSigningConfigArn(record),
  ...(record.description === undefined ? {} : { Description: record.description }),
  AllowedPublishers: { SigningProfileVersionArns: record.publishers },
  CodeSigningPolicies: { UntrustedArtifactOnDeployment: record.policy },
  LastModified: awsTime(record.lastModified),
});
