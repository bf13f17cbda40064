import {
  CreateApiMappingCommand, CreateDomainNameCommand, CreateStageCommand, DeleteApiCommand, DeleteApiMappingCommand, DeleteDomainNameCommand, DeleteStageCommand, GetApiMappingCommand, GetApiMappingsCommand, GetDomainNameCommand, GetDomainNamesCommand, GetTagsCommand, TagResourceCommand,
  UntagResourceCommand, UpdateApiMappingCommand, UpdateDomainNameCommand, CreateApiCommand, CreateIntegrationCommand, GetApiCommand, GetApisCommand, ReimportApiCommand, type CreateDomainNameCommandInput,
} from "@aws-sdk/client-apigatewayv2";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { clientOf, FUNCTION, refusal, useApis } from "./support.ts";

const on = useApis();
const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-1111-1111-1111-111111111111";
const configuration = { CertificateArn: CERTIFICATE, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2" } as const;
const domain = (DomainName: string, over: Partial<CreateDomainNameCommandInput> = {}) => on.api.send(new CreateDomainNameCommand({ DomainName, DomainNameConfigurations: [configuration], ...over }));
const staged = async (ApiId: string) => {
  await on.api.send(new CreateStageCommand({ ApiId, StageName: "live" }));
  return ApiId;
};

describe("a domain name", () => {
  it("is made, changed, listed and deleted", async () => {
    const { $metadata, ...made } = await domain("Pets.example.com", { Tags: { a: "b" } });
    expect($metadata.httpStatusCode).toBe(201);
    expect(made).toEqual({
      DomainName: "pets.example.com",
      DomainNameArn: "arn:aws:apigateway:us-east-1::/domainnames/pets.example.com",
      ApiMappingSelectionExpression: "$request.basepath",
      DomainNameConfigurations: [{ ...configuration, ApiGatewayDomainName: expect.stringMatching(/^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$/) as string, DomainNameStatus: "AVAILABLE", HostedZoneId: "Z1UJRXOUMOOFQ8", IpAddressType: "ipv4" }],
      RoutingMode: "API_MAPPING_ONLY",
      Tags: { a: "b" },
    });
    expect(await refusal(domain("pets.example.com"))).toBe("ConflictException: The domain name you provided already exists.");
    const other = `${CERTIFICATE.slice(0, -1)}2`;
    expect((await on.api.send(new UpdateDomainNameCommand({ DomainName: "pets.example.com", DomainNameConfigurations: [{ CertificateArn: other }] }))).DomainNameConfigurations).toMatchObject([{ CertificateArn: other }]);
    expect((await on.api.send(new GetDomainNamesCommand())).Items).toMatchObject([{ DomainName: "pets.example.com", Tags: { a: "b" } }]);
    await on.api.send(new DeleteDomainNameCommand({ DomainName: "pets.example.com" }));
    expect(await refusal(on.api.send(new GetDomainNameCommand({ DomainName: "pets.example.com" })))).toBe("NotFoundException: Invalid domain name identifier specified");
  });

  const CASES: [string, string, Partial<CreateDomainNameCommandInput>, RegExp][] = [
    ["no name", "nothing", {}, /Invalid domain name specified/],
    ["a wildcard", "*.example.com", {}, /^NotImplemented: A wildcard domain name/],
    ["an edge", "e.example.com", { DomainNameConfigurations: [{ ...configuration, EndpointType: "EDGE" }] }, /^BadRequestException: EDGE endpoint type is not supported for APIGatewayV2 domainName$/],
    ["another region's certificate", "w.example.com", { DomainNameConfigurations: [{ ...configuration, CertificateArn: "arn:aws:acm:us-west-2:000000000000:certificate/c" }] }, /^BadRequestException: Invalid certificate ARN: arn:aws:acm:us-west-2:000000000000:certificate\/c\. Certificate must be in 'us-east-1'\.$/],
    ["an underscore", "a_b.example.com", {}, /^BadRequestException: Domain names cannot contain an underscore character$/],
    ["no certificate", "c.example.com", { DomainNameConfigurations: [{ EndpointType: "REGIONAL" }] }, /certificate ARN/],
    ["no configuration", "n.example.com", { DomainNameConfigurations: undefined }, /Exactly one/],
    ["certificates of clients", "m.example.com", { MutualTlsAuthentication: { TruststoreUri: "s3://bucket/key" } }, /^NotImplemented: MutualTlsAuthentication/],
    ["routing rules", "r.example.com", { RoutingMode: "ROUTING_RULE_ONLY" }, /^NotImplemented: RoutingMode ROUTING_RULE_ONLY/],
  ];
  it.each(CASES)("is refused with %s", async (_what, name, input, text) => {
    expect(await refusal(domain(name, input))).toMatch(text);
  });
});

describe("an API mapping", () => {
  it("leads to a stage, by one key each, and keeps it there", async () => {
    const DomainName = "maps.example.com";
    await domain(DomainName);
    await domain("maps.example.com.au");
    const [ApiId, other] = await Promise.all([on.make().then(staged), on.make().then(staged)]);
    const map = (key?: string, id = ApiId, Stage = "live") => on.api.send(new CreateApiMappingCommand({ DomainName, ApiId: id, Stage, ...(key === undefined ? {} : { ApiMappingKey: key }) }));
    const { $metadata: _1, ...made } = await map("v1/pets");
    expect(made).toEqual({ ApiId, ApiMappingId: expect.stringMatching(/^[a-z0-9]{6}$/) as string, ApiMappingKey: "v1/pets", Stage: "live" });
    const { ApiMappingId } = made;
    expect(await map(undefined, other)).toMatchObject({ ApiMappingKey: "" });
    await on.api.send(new CreateApiMappingCommand({ DomainName: "maps.example.com.au", ApiId: other, Stage: "live" }));

    expect(await refusal(map("v1/pets", other))).toBe("ConflictException: ApiMapping key already exists for this domain name");
    expect(await refusal(map("/v2"))).toMatch(/Invalid ApiMapping key/);
    expect(await refusal(map("v2", ApiId, "none"))).toBe("NotFoundException: Invalid stage identifier specified");
    expect(await refusal(map("v2", "nothing"))).toBe("NotFoundException: Invalid API identifier specified 000000000000:nothing");
    expect(await refusal(map("chat", await staged(await on.socket())))).toMatch(/WebSocket/);
    expect(await refusal(on.api.send(new CreateApiMappingCommand({ DomainName: "none.example.com", ApiId, Stage: "live" })))).toBe("NotFoundException: Invalid domain name identifier specified");

    expect(await on.api.send(new UpdateApiMappingCommand({ DomainName, ApiId, ApiMappingId, ApiMappingKey: "v2" }))).toMatchObject({ ApiMappingId, ApiMappingKey: "v2", Stage: "live" });
    expect((await on.api.send(new GetApiMappingsCommand({ DomainName }))).Items!.map(({ ApiMappingKey }) => ApiMappingKey).toSorted()).toEqual(["", "v2"]);
    const page = await on.api.send(new GetApiMappingsCommand({ DomainName, MaxResults: "1" }));
    expect((await on.api.send(new GetApiMappingsCommand({ DomainName, MaxResults: "1", NextToken: page.NextToken }))).Items![0]).not.toEqual(page.Items![0]);
    expect(await refusal(on.api.send(new DeleteApiCommand({ ApiId })))).toMatch(/Please remove all base path mappings related to the API in your domains: maps\.example\.com/);
    expect(await refusal(on.api.send(new DeleteStageCommand({ ApiId, StageName: "live" })))).toMatch(/Please remove all base path mappings/);
    await on.api.send(new DeleteApiMappingCommand({ DomainName, ApiMappingId }));
    expect(await refusal(on.api.send(new GetApiMappingCommand({ DomainName, ApiMappingId })))).toBe("NotFoundException: Invalid API mapping identifier specified");
    await on.api.send(new DeleteApiCommand({ ApiId }));
    await on.api.send(new DeleteDomainNameCommand({ DomainName }));
    expect((await on.api.send(new GetApiMappingsCommand({ DomainName: "maps.example.com.au" }))).Items).toHaveLength(1);
  });
});

describe("tags", () => {
  it("are of APIs, of stages and of domain names", async () => {
    const ApiId = await on.make({ Tags: { a: "1" } });
    await staged(ApiId);
    await domain("tags.example.com");
    for (const path of [`apis/${ApiId}`, `apis/${ApiId}/stages/live`, "domainnames/tags.example.com"]) {
      const ResourceArn = `arn:aws:apigateway:us-east-1::/${path}`;
      await on.api.send(new TagResourceCommand({ ResourceArn, Tags: { b: "2", c: "3" } }));
      await on.api.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a", "c"] }));
      expect((await on.api.send(new GetTagsCommand({ ResourceArn }))).Tags).toEqual({ b: "2" });
    }
    expect((await on.api.send(new GetApiCommand({ ApiId }))).Tags).toEqual({ b: "2" });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, "v"]));
    expect(await refusal(on.api.send(new TagResourceCommand({ ResourceArn: `arn:aws:apigateway:us-east-1::/apis/${ApiId}`, Tags: many })))).toMatch(/no more than 50 tags/);
    expect(await refusal(on.api.send(new GetTagsCommand({ ResourceArn: "arn:aws:apigateway:us-east-1::/apis" })))).toMatch(/Invalid API identifier/);
    expect(await refusal(on.api.send(new GetTagsCommand({ ResourceArn: "arn:aws:s3:::bucket" })))).toMatch(/Invalid ARN specified/);
  });
});

describe("a policy", () => {
  it("speaks of HTTP methods and of paths, of tags, and of roles that are handed over", async () => {
    const { iam } = on.clients;
    const open = await on.make({ Tags: { team: "pets" } });
    const closed = await on.make({ Tags: { team: "dogs" } });
    const Statement = [
      { Effect: "Allow", Action: ["apigateway:GET", "apigateway:POST"], Resource: "arn:aws:apigateway:us-east-1::/apis/*", Condition: { StringEquals: { "aws:ResourceTag/team": "pets" } } },
      { Effect: "Allow", Action: "apigateway:POST", Resource: "arn:aws:apigateway:us-east-1::/apis" },
    ];
    await iam.send(new CreateUserCommand({ UserName: "deployer" }));
    await iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "deployer" }));
    const deployer = clientOf(on.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
    const integrate = (CredentialsArn?: string) => deployer.send(new CreateIntegrationCommand({ ApiId: open, IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, ...(CredentialsArn === undefined ? {} : { CredentialsArn }) }));

    expect(await deployer.send(new GetApiCommand({ ApiId: open }))).toMatchObject({ ApiId: open });
    await integrate();
    expect(await refusal(deployer.send(new GetApiCommand({ ApiId: closed })))).toMatch(`AccessDeniedException: User: arn:aws:iam::000000000000:user/deployer is not authorized to perform: apigateway:GET on resource: arn:aws:apigateway:us-east-1::/apis/${closed}`);
    expect(await refusal(deployer.send(new GetApisCommand()))).toMatch(/apigateway:GET on resource: arn:aws:apigateway:us-east-1::\/apis/);
    expect(await refusal(deployer.send(new DeleteApiCommand({ ApiId: open })))).toMatch(/apigateway:DELETE/);
    expect(await refusal(integrate("arn:aws:iam::000000000000:role/r"))).toMatch(/iam:PassRole on resource: arn:aws:iam::000000000000:role\/r/);
    const withRole = { "x-amazon-apigateway-integration": { type: "aws_proxy", uri: FUNCTION, payloadFormatVersion: "2.0", credentials: "arn:aws:iam::000000000000:role/imported" } };
    const Body = JSON.stringify({ openapi: "3.0.1", info: { title: "imported", version: "1" }, paths: { "/": { get: { responses: {}, ...withRole } } } });
    expect(await refusal(deployer.send(new ReimportApiCommand({ ApiId: open, Body })))).toMatch(/apigateway:PUT/);
    await iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "puts", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "apigateway:PUT", Resource: "*" }] }) }));
    expect(await refusal(deployer.send(new ReimportApiCommand({ ApiId: open, Body })))).toMatch(/iam:PassRole on resource: arn:aws:iam::000000000000:role\/imported/);
    await deployer.send(new CreateApiCommand({ Name: "mine", ProtocolType: "HTTP" }));
    expect(await refusal(deployer.send(new CreateApiCommand({ Name: "mine", ProtocolType: "HTTP", Tags: { a: "b" } })))).toMatch(/apigateway:POST on resource: arn:aws:apigateway:us-east-1::\/tags\//);
    expect(await refusal(deployer.send(new TagResourceCommand({ ResourceArn: `arn:aws:apigateway:us-east-1::/apis/${open}`, Tags: { a: "b" } })))).toMatch(`on resource: arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F${open}`);
  });
});
