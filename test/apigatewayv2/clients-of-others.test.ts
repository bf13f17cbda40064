import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { isThere } from "../support/commands.ts";
import { usePlatform } from "../support/platform.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);
const platform = usePlatform();

const BOTO3 = `
import boto3, json
from botocore.exceptions import ClientError
api = boto3.client("apigatewayv2")
function = "arn:aws:lambda:us-east-1:000000000000:function:f"
made = api.create_api(Name="pets", ProtocolType="HTTP", Target=function, Tags={"team": "red"})
id = made["ApiId"]
assert made["CreatedDate"].year > 2020 and made["ApiEndpoint"].startswith(f"http://{id}.execute-api.us-east-1."), made
integration = api.create_integration(ApiId=id, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri="https://example.com", PayloadFormatVersion="1.0")["IntegrationId"]
for n in range(3):
    route = api.create_route(ApiId=id, RouteKey=f"GET /pets/{n}", Target=f"integrations/{integration}")["RouteId"]
pages = list(api.get_paginator("get_routes").paginate(ApiId=id, PaginationConfig={"PageSize": 2}))
assert [len(page["Items"]) for page in pages] == [2, 2], pages
stage = api.create_stage(ApiId=id, StageName="live", AutoDeploy=True, DefaultRouteSettings={"ThrottlingRateLimit": 1.5}, RouteSettings={"GET /pets/0": {"ThrottlingBurstLimit": 3}})
assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 1.5, stage
api.delete_route_settings(ApiId=id, StageName="live", RouteKey="GET /pets/0")
arn = f"arn:aws:apigateway:us-east-1::/apis/{id}/stages/$default"
api.tag_resource(ResourceArn=arn, Tags={"a": "b"})
assert api.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
told = json.loads(api.export_api(ApiId=id, Specification="OAS30", OutputType="JSON", StageName="live")["body"].read())
assert sorted(told["paths"]) == ["/$default", "/pets/0", "/pets/1", "/pets/2"], told
again = api.import_api(Body=json.dumps(told))
assert again["Name"] == "pets", again
try:
    api.create_route(ApiId=id, RouteKey="GET /pets/0")
    raise AssertionError("two routes with one key")
except ClientError as error:
    assert error.response["Error"] == {"Code": "ConflictException", "Message": "Route with key GET /pets/0 already exists for this API"}, error.response
api.delete_api(ApiId=id)
try:
    api.get_api(ApiId=id)
    raise AssertionError("it is there")
except api.exceptions.NotFoundException as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response
print("done")
`;

it.skipIf(!isThere("python3", "-c", "import boto3"))("boto3 makes an API, and everything in it (skipped where there is no boto3)", async () => {
  const env = {
    PATH: process.env["PATH"]!, HOME: temporaryDirectory(), AWS_ENDPOINT_URL: platform.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true",
    ...(process.env["PYENV_ROOT"] === undefined ? {} : { PYENV_ROOT: process.env["PYENV_ROOT"] }),
  };
  const { stdout } = await run("python3", ["-c", BOTO3], { env });
  expect(stdout).toBe("done\n");
}, 60_000);
