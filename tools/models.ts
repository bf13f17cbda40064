/**
 * Writes `models/<service>.json`: the schemas of the installed SDK clients with the constraints of the services' published
 * descriptions over them. Run it after a change of an SDK package's version; the output is committed.
 */
import { writeFileSync } from "node:fs";
import type { ModelFile } from "../src/protocol/model-file.ts";
import { readDescriptions } from "./models-constraints.ts";
import { holdLayerNames, leaveRuntimeToLambda } from "./models-lambda.ts";
import { addBucketToPath, leaveCopySourceToS3 } from "./models-s3.ts";
import { createModelFile } from "./models-schemas.ts";

/** Our name, the SDK package, the folder of the description. */
const sources: readonly [name: string, sdkPackage: string, description: string][] = [
  ["lambda", "client-lambda", "lambda/2015-03-31"],
  ["s3", "client-s3", "s3/2006-03-01"],
  ["sqs", "client-sqs", "sqs/2012-11-05"],
  ["sns", "client-sns", "sns/2010-03-31"],
  ["events", "client-eventbridge", "events/2015-10-07"],
  ["scheduler", "client-scheduler", "scheduler/2021-06-30"],
  ["pipes", "client-pipes", "pipes/2015-10-07"],
  ["apigateway", "client-api-gateway", "apigateway/2015-07-09"],
  ["apigatewayv2", "client-apigatewayv2", "apigatewayv2/2018-11-29"],
  ["execute-api", "client-apigatewaymanagementapi", "apigatewaymanagementapi/2018-11-29"],
  ["iam", "client-iam", "iam/2010-05-08"],
  ["sts", "client-sts", "sts/2011-06-15"],
  ["logs", "client-cloudwatch-logs", "logs/2014-03-28"],
  ["monitoring", "client-cloudwatch", "cloudwatch/2010-08-01"],
  ["kinesis", "client-kinesis", "kinesis/2013-12-02"],
  ["dynamodb", "client-dynamodb", "dynamodb/2012-08-10"],
  ["ssm", "client-ssm", "ssm/2014-11-06"],
  ["secretsmanager", "client-secrets-manager", "secretsmanager/2017-10-17"],
  ["kms", "client-kms", "kms/2014-11-01"],
  ["cloudformation", "client-cloudformation", "cloudformation/2010-05-15"],
];

/** One line per entry, so that a change of a model is a readable diff. */
function format({ operations, errors, shapes }: ModelFile): string {
  const lines = (entries: string[]) => entries.join(",\n");
  const byKey = (record: object) => lines(Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`));
  return `{"operations":{\n${byKey(operations)}\n},"errors":{\n${byKey(errors)}\n},"shapes":[\n${lines(shapes.map((s) => JSON.stringify(s)))}\n]}\n`;
}

const descriptions = await readDescriptions(sources.map(([, , path]) => path));
for (const [name, sdkPackage, path] of sources) {
  const exports = (await import(`@aws-sdk/${sdkPackage}`)) as Record<string, unknown>;
  const description = descriptions.get(path);
  if (description === undefined) throw new Error(`no description for ${name}`);
  const file = createModelFile(exports, description);
  if (name === "s3") {
    addBucketToPath(file);
    leaveCopySourceToS3(file);
  }
  if (name === "lambda") leaveRuntimeToLambda(file);
  if (name === "lambda") holdLayerNames(file);
  const text = format(file);
  writeFileSync(new URL(`../models/${name}.json`, import.meta.url), text);
  console.log(`${name}: ${Object.keys(file.operations).length} operations, ${file.shapes.length} shapes, ${text.length} bytes`);
}
