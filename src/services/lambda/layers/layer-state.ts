import { sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { PolicyDocument } from "../../../iam/document.ts";
import { layerArn, type LayerVersionName } from "./layer-names.ts";

/** A published version: nothing but its policy ever changes. */
export interface LayerVersionRecord extends LayerVersionName {
  arn: string;
  description: string;
  license?: string;
  runtimes?: string[];
  architectures?: string[];
  code: { blobId: string; sha256Base64: string; size: number };
  unzippedBytes: number;
  policy?: PolicyDocument;
  policyRevision?: string;
  createdAt: number;
}

export const toLayerVersion = (row: Row): LayerVersionRecord => {
  const named = { account: row["account"] as string, region: row["region"] as string, name: row["name"] as string };
  const version = row["version"] as number;
  return {
    ...named,
    version,
    arn: layerArn(named, version),
    description: row["description"] as string,
    ...(row["license"] === null ? {} : { license: row["license"] as string }),
    ...(row["runtimes"] === null ? {} : { runtimes: JSON.parse(row["runtimes"] as string) as string[] }),
    ...(row["architectures"] === null ? {} : { architectures: JSON.parse(row["architectures"] as string) as string[] }),
    code: { blobId: row["code_blob_id"] as string, sha256Base64: row["code_sha256"] as string, size: row["code_size"] as number },
    unzippedBytes: row["unzipped_size"] as number,
    ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument }),
    ...(row["policy_revision"] === null ? {} : { policyRevision: row["policy_revision"] as string }),
    createdAt: row["created_at"] as number,
  };
};

export function* findLayerVersion({ account, region, name, version }: LayerVersionName): Operation<LayerVersionRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_layer_version where account = ? and region = ? and name = ? and version = ?", account, region, name, version);
  return row === undefined ? undefined : toLayerVersion(row);
}
