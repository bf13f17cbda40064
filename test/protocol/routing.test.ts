import { describe, expect, it } from "vitest";
import { claim, claimAction } from "../../src/protocol/claim.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { wireRequest } from "./in-process.ts";

const claimOf = (service: string, line: string, headers: Record<string, string> = {}, body = "") => {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  return claim(loadServiceModel(service), wireRequest({ method, path, query, headers, body }));
};
const operationOf = async (...request: Parameters<typeof claimOf>) => (await claimOf(...request))?.operation.name;

describe("S3 tells its operations apart", () => {
  it.each([
    ["GET /", "ListBuckets"],
    ["GET /bucket", "ListObjects"],
    ["GET /bucket/", "ListObjects"],
    ["GET /bucket?list-type=2", "ListObjectsV2"],
    ["GET /bucket?list-type=1", "ListObjects"],
    ["GET /bucket/?list-type=2&prefix=a", "ListObjectsV2"],
    ["GET /bucket?versions", "ListObjectVersions"],
    ["GET /bucket?location", "GetBucketLocation"],
    ["GET /bucket?location=", "GetBucketLocation"],
    ["GET /bucket?uploads", "ListMultipartUploads"],
    ["GET /bucket?notification", "GetBucketNotificationConfiguration"],
    ["HEAD /bucket", "HeadBucket"],
    ["HEAD /bucket/key", "HeadObject"],
    ["PUT /bucket", "CreateBucket"],
    ["PUT /bucket/", "CreateBucket"],
    ["PUT /bucket?policy", "PutBucketPolicy"],
    ["DELETE /bucket", "DeleteBucket"],
    ["POST /bucket?delete", "DeleteObjects"],
    ["GET /bucket/key", "GetObject"],
    ["GET /bucket/key?x-id=GetObject", "GetObject"],
    ["GET /bucket/key?versionId=1", "GetObject"],
    ["GET /bucket/key?acl", "GetObjectAcl"],
    ["GET /bucket/key?uploadId=1", "ListParts"],
    ["GET /bucket/folder/", "GetObject"],
    ["PUT /bucket/key", "PutObject"],
    ["PUT /bucket/key?partNumber=1&uploadId=1", "UploadPart"],
    ["POST /bucket/key?uploads", "CreateMultipartUpload"],
    ["POST /bucket/key?uploadId=1", "CompleteMultipartUpload"],
    ["DELETE /bucket/key", "DeleteObject"],
    ["DELETE /bucket/key?uploadId=1", "AbortMultipartUpload"],
    ["DELETE /bucket/key?tagging", "DeleteObjectTagging"],
    ["POST /bucket/key?select&select-type=2", "SelectObjectContent"],
    ["PATCH /bucket/key", undefined],
    ["POST /bucket", undefined],
    ["OPTIONS /bucket/key", undefined],
  ])("%s is %s", async (line, name) => {
    expect(await operationOf("s3", line)).toBe(name);
  });

  it("by the headers that an operation cannot do without", async () => {
    const copy = { "x-amz-copy-source": "/other/key" };
    expect(await operationOf("s3", "PUT /bucket/key", copy)).toBe("CopyObject");
    expect(await operationOf("s3", "PUT /bucket/key?partNumber=1&uploadId=1", copy)).toBe("UploadPartCopy");
    // What the operation needs is missing, and its query still names it: the validator says what.
    expect(await operationOf("s3", "GET /bucket/key?attributes")).toBe("GetObjectAttributes");
  });

  it.each([
    ["/bucket/key", "key"],
    ["/bucket/a/b/c", "a/b/c"],
    ["/bucket/folder/", "folder/"],
    ["/bucket//", "/"],
    ["/bucket//a//b", "/a//b"],
    ["/bucket/a%2Fb%20c%C3%A9+d", "a/b cé+d"],
    ["/bucket/./../x", "./../x"],
    ["/bucket/%00", "\0"],
  ])("and %s names the key %j", async (path, key) => {
    const claimed = await claimOf("s3", `GET ${path}`);
    expect(await claimed?.read()).toMatchObject({ Bucket: "bucket", Key: key });
  });
});

describe("REST services of JSON", () => {
  it.each([
    ["lambda", "GET /2015-03-31/functions", "ListFunctions"],
    ["lambda", "GET /2015-03-31/functions/", "ListFunctions"],
    ["lambda", "POST /2015-03-31/functions/f/invocations", "Invoke"],
    ["lambda", "POST /2021-11-15/functions/f/response-streaming-invocations", "InvokeWithResponseStream"],
    ["lambda", "GET /2018-10-31/layers?find=LayerVersion&Arn=a", "GetLayerVersionByArn"],
    ["lambda", "GET /2018-10-31/layers", "ListLayers"],
    ["lambda", "POST /2014-01-01/functions/f/invocations", undefined],
    ["lambda", "POST /2015-03-31/functions//invocations", undefined],
    ["lambda", "PATCH /2015-03-31/functions/f", undefined],
    ["apigateway", "GET /restapis/a/resources/b/methods/GET", "GetMethod"],
    ["apigateway", "POST /apikeys?mode=import", "ImportApiKeys"],
    ["apigateway", "POST /apikeys", "CreateApiKey"],
    ["apigatewayv2", "GET /v2/apis/a/routes", "GetRoutes"],
  ])("%s: %s is %s", async (service, line, name) => {
    expect(await operationOf(service, line)).toBe(name);
  });

  it("take an ARN in one segment of the path, encoded or not", async () => {
    const arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live";
    for (const text of [arn, encodeURIComponent(arn)]) {
      const claimed = await claimOf("lambda", `GET /2015-03-31/functions/${text}/configuration`);
      expect(await claimed?.read()).toEqual({ FunctionName: arn });
    }
  });

  it("bind query parameters, lists and headers, and keep the body from naming what is bound elsewhere", async () => {
    const claimed = await claimOf("lambda", "PUT /2015-03-31/functions/f/code", {}, '{"FunctionName":"other","ZipFile":"eA==","DryRun":true}');
    expect(await claimed?.read()).toEqual({ FunctionName: "f", ZipFile: Buffer.from("x"), DryRun: true });
    const tags = await claimOf("lambda", "DELETE /2017-03-31/tags/arn?tagKeys=a&tagKeys=b+c");
    expect(await tags?.read()).toEqual({ Resource: "arn", TagKeys: ["a", "b c"] });
  });
});

describe("the protocols of one service", () => {
  const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

  it("are told apart by the request", async () => {
    const json = await claimOf("sqs", "POST /", { "x-amz-target": "AmazonSQS.ListQueues", "content-type": "application/x-amz-json-1.0" }, "{}");
    expect(json).toMatchObject({ protocol: "awsJson1_0", operation: { name: "ListQueues" } });
    expect(await claimOf("sqs", "POST /", form, "Action=ListQueues&Version=2012-11-05")).toMatchObject({ protocol: "awsQuery" });
    expect(await claimOf("sqs", "GET /?Action=ListQueues")).toMatchObject({ protocol: "awsQuery" });
    const cbor = { "smithy-protocol": "rpc-v2-cbor" };
    expect(await claimOf("monitoring", "POST /service/X/operation/ListMetrics", cbor)).toMatchObject({ protocol: "rpcv2Cbor", operation: { name: "ListMetrics" } });
    expect(await claimOf("monitoring", "POST /", form, "Action=ListMetrics")).toMatchObject({ protocol: "awsQuery" });
  });

  it("refuse the target of another service, an unknown operation and a protocol that is not theirs", async () => {
    expect(await claimOf("sqs", "POST /", { "x-amz-target": "AmazonSSM.ListQueues" }, "{}")).toBe(undefined);
    expect(await claimOf("sqs", "POST /", { "x-amz-target": "AmazonSQS.Nothing" }, "{}")).toBe(undefined);
    expect(await claimOf("events", "POST /", form, "Action=ListRules")).toBe(undefined);
    expect(await claimOf("sqs", "POST /service/X/operation/ListQueues", { "smithy-protocol": "rpc-v2-cbor" })).toBe(undefined);
    expect(await claimOf("sqs", "POST /", { "x-amz-target": "AmazonSQS.constructor" }, "{}")).toBe(undefined);
  });

  it("fill both members that share a name in a form, and the queue's URL from the path it was posted to", async () => {
    const claimed = await claimOf("sqs", "POST /000000000000/q", { ...form, host: "localhost:4566" }, "Action=ReceiveMessage&AttributeName.1=All&MaxNumberOfMessages=2");
    expect(await claimed?.read()).toEqual({
      QueueUrl: "http://localhost:4566/000000000000/q", AttributeNames: ["All"], MessageSystemAttributeNames: ["All"], MaxNumberOfMessages: 2,
    });
  });

  it("give the action of an unsigned request", () => {
    expect(claimAction("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a")).toEqual({ action: "AssumeRoleWithWebIdentity", version: "2011-06-15" });
    expect(claimAction("a=b")).toEqual({});
  });
});

it("numbers in a form give the order, whatever order they come in", async () => {
  const body = "Action=TagQueue&QueueUrl=u&Tag.10.Key=c&Tag.10.Value=3&Tag.2.Key=b&Tag.2.Value=2&Tag.1.Key=a&Tag.1.Value=1";
  const claimed = await claimOf("sqs", "POST /", { "content-type": "application/x-www-form-urlencoded" }, body);
  const { Tags } = (await claimed!.read()) as { Tags: object };
  expect(Object.entries(Tags)).toEqual([["a", "1"], ["b", "2"], ["c", "3"]]);
});
