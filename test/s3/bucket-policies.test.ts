import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand, DeleteBucketEncryptionCommand, DeleteBucketOwnershipControlsCommand, DeleteBucketPolicyCommand, DeletePublicAccessBlockCommand, GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand, GetBucketPolicyCommand, GetBucketPolicyStatusCommand, GetObjectCommand, GetPublicAccessBlockCommand, ListObjectsV2Command, PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand, PutBucketPolicyCommand, PutObjectCommand, PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import type { PolicyDocument } from "../../src/iam/document.ts";
import { isPublicBucketPolicy } from "../../src/services/s3/bucket-places.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { usePlatform } from "../support/platform.ts";

const platform = usePlatform();
const OTHER = "111122223333";
const OBJECTS = "arn:aws:s3:::bucket/*";
let number = 0;
let Bucket = "";
beforeEach(async () => {
  Bucket = `bucket-${++number}`;
  await platform.clients.s3.send(new CreateBucketCommand({ Bucket }));
  await platform.clients.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "text" }));
});

/** The statements, of this test's bucket. */
const put = (...Statement: unknown[]) =>
  platform.clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }).replaceAll("arn:aws:s3:::bucket", `arn:aws:s3:::${Bucket}`) }));
const allow = (Principal: unknown, more: object = {}) => ({ Effect: "Allow", Principal, Action: "s3:GetObject", Resource: OBJECTS, ...more });
const blockAll = (isOn: boolean) =>
  platform.clients.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: isOn, IgnorePublicAcls: isOn, BlockPublicPolicy: isOn, RestrictPublicBuckets: isOn } }));
const stranger = () => clientsOf(platform.endpoint, { accessKeyId: OTHER, secretAccessKey: "test" }).s3;
const read = (s3: Clients["s3"] = platform.clients.s3) => s3.send(new GetObjectCommand({ Bucket, Key: "a" })).then(({ Body }) => Body!.transformToString());
const anonymously = async () => (await fetch(`${platform.endpoint}/${Bucket}/a`)).status;
const userOf = async (UserName: string) => {
  const { iam } = platform.clients;
  const { User } = await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { arn: User!.Arn!, s3: clientsOf(platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).s3 };
};

describe("a bucket's policy", () => {
  it("is given back, an account as its root, until it is deleted", async () => {
    const { s3 } = platform.clients;
    await put(allow({ AWS: OTHER }));
    expect(JSON.parse((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy!)).toEqual({
      Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }],
    });
    expect((await s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus).toEqual({ IsPublic: false });
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
    await expect(s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
  });

  it("lets another account in, and shuts it out again at once", async () => {
    await expect(read(stranger())).rejects.toMatchObject({ name: "AccessDenied" });
    await put(allow({ AWS: OTHER }));
    expect(await read(stranger())).toBe("text");
    await expect(stranger().send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: "AccessDenied" });
    await platform.clients.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await expect(read(stranger())).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("lets a user of the account in who has no policy, and denies what theirs allows", async () => {
    const ann = await userOf("ann");
    await expect(read(ann.s3)).rejects.toMatchObject({ name: "AccessDenied" });
    await put(allow({ AWS: ann.arn }));
    expect(await read(ann.s3)).toBe("text");
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "ann", PolicyName: "all", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] }) }));
    await put({ ...allow("*"), Effect: "Deny", Condition: { StringEquals: { "aws:PrincipalType": "User" } } });
    await expect(read(ann.s3)).rejects.toMatchObject({
      name: "AccessDenied", message: `User: ${ann.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::${Bucket}/a" with an explicit deny in a resource-based policy`,
    });
    expect(await read()).toBe("text");
  });

  it("asks for the tags that an object has, those that it is to get, and its encryption", async () => {
    const write = (Key: string, Tagging?: string, ServerSideEncryption?: "AES256") => platform.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: "text", Tagging, ServerSideEncryption }));
    const deny = (Action: string, Condition: object) => ({ ...allow("*"), Action, Effect: "Deny", Condition });
    await write("a", "secret=yes&a=b");
    await put(
      deny("s3:GetObject", { StringEquals: { "s3:ExistingObjectTag/secret": "yes" } }),
      deny("s3:PutObject", { StringNotEquals: { "s3:x-amz-server-side-encryption": "AES256" } }),
      deny("s3:PutObjectTagging", { "ForAnyValue:StringEquals": { "s3:RequestObjectTagKeys": "forbidden" } }),
    );
    await expect(read()).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(write("a", "a=b")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(write("a", "forbidden=b", "AES256")).rejects.toMatchObject({ name: "AccessDenied" });
    await write("a", "secret=no", "AES256");
    expect(await read()).toBe("text");
  });

  it("does not lock the owner's root out of itself", async () => {
    await put({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::bucket", OBJECTS] });
    await expect(read()).rejects.toMatchObject({ name: "AccessDenied" });
    await platform.clients.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect(await read()).toBe("text");
  });

  it("is the owner's alone", async () => {
    await put({ Effect: "Allow", Principal: { AWS: OTHER }, Action: "s3:*", Resource: ["arn:aws:s3:::bucket", OBJECTS] });
    await expect(stranger().send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: "MethodNotAllowed", $metadata: { httpStatusCode: 405 } });
  });

  it.each([
    ["Policies must be valid JSON and the first byte must be '{'", "nonsense"],
    ["This policy contains invalid Json", '{"Version":'],
    ["The policy must contain a valid version string", JSON.stringify({ Version: "2012-10-18", Statement: [allow({ AWS: OTHER })] })],
    ["Policy has invalid resource", allow({ AWS: OTHER }, { Resource: "arn:aws:s3:::another/*" })],
    ["Policy has invalid resource", allow({ AWS: OTHER }, { Resource: "*" })],
    ["Policy has invalid action", allow({ AWS: OTHER }, { Action: "sqs:SendMessage" })],
    ["Action does not apply to any resource(s) in statement", allow({ AWS: OTHER }, { Resource: "arn:aws:s3:::bucket" })],
    ["Action does not apply to any resource(s) in statement", allow({ AWS: OTHER }, { Action: "s3:ListBucket" })],
    ["Invalid principal in policy", allow({ AWS: "ann" })],
    ["Invalid principal in policy", allow({ AWS: "arn:aws:iam::000000000000:role/missing" })],
    ["Invalid principal in policy", allow({ AWS: "arn:aws:iam::000000000000:user/missing" })],
    ["Invalid principal in policy", allow({ AWS: "arn:aws:iam::000000000000:user/*" })],
    ["Invalid principal in policy", allow({ AWS: `arn:aws:iam::${OTHER}:role/*` })],
    ["Invalid principal in policy", allow({ AWS: "arn:aws:iam::000000000000:user/ann/" })],
    ["Allow with NotPrincipal is not allowed.", { ...allow("*"), Principal: undefined, NotPrincipal: { AWS: OTHER }, Condition: { StringEquals: { "aws:PrincipalAccount": OTHER } } }],
    ["Syntax errors in policy.", { ...allow({ AWS: OTHER }), Effect: "Deny", NotPrincipal: { AWS: OTHER } }],
    ["Missing required field Principal", { ...allow("*"), Principal: undefined }],
    ["Missing required field Resource", { ...allow({ AWS: OTHER }), Resource: undefined }],
    ["Missing required field Action", { ...allow({ AWS: OTHER }), Action: undefined }],
  ])("is refused: %s %j", async (message, policy) => {
    const written = typeof policy === "string" ? platform.clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy })) : put(policy);
    await expect(written).rejects.toMatchObject({ name: "MalformedPolicy", message, $metadata: { httpStatusCode: 400 } });
  });
});

describe("public access", () => {
  it("is blocked from the start, and can be allowed", async () => {
    const { s3 } = platform.clients;
    await expect(put(allow("*"))).rejects.toMatchObject({
      name: "AccessDenied", $metadata: { httpStatusCode: 403 },
      message: `User: arn:aws:iam::000000000000:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${Bucket}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    });
    expect(await anonymously()).toBe(403);
    await blockAll(false);
    await put(allow("*"));
    expect((await s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus).toEqual({ IsPublic: true });
    expect(await anonymously()).toBe(200);
    expect(await read(stranger())).toBe("text");
  });

  it("is taken back by RestrictPublicBuckets, which leaves the account's own users in", async () => {
    const bea = await userOf("bea");
    await blockAll(false);
    await put(allow("*"));
    await blockAll(true);
    expect(await anonymously()).toBe(403);
    await expect(read(stranger())).rejects.toMatchObject({ name: "AccessDenied" });
    expect(await read(bea.s3)).toBe("text");
  });

  it("has a configuration that can be taken away", async () => {
    const { s3 } = platform.clients;
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: true } }));
    expect((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual({ BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: true, RestrictPublicBuckets: false });
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await expect(s3.send(new GetPublicAccessBlockCommand({ Bucket }))).rejects.toMatchObject({ name: "NoSuchPublicAccessBlockConfiguration", $metadata: { httpStatusCode: 404 } });
    await put(allow("*"));
    expect(await anonymously()).toBe(200);
  });

  it.each([
    [true, "*", {}],
    [true, { AWS: ["*"] }, {}],
    [false, { AWS: OTHER }, {}],
    [false, { Service: "cloudtrail.amazonaws.com" }, {}],
    [false, "*", { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } }],
    [true, "*", { StringLike: { "aws:PrincipalOrgID": "o-*" } }],
    [true, "*", { StringEquals: { "aws:PrincipalTag/team": "red" } }],
    [false, "*", { IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"] } }],
    [true, "*", { IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"] } }],
    [true, "*", { StringNotEquals: { "aws:SourceAccount": OTHER } }],
    [false, "*", { ArnLike: { "aws:SourceArn": `arn:aws:cloudfront::${OTHER}:distribution/E1` } }],
  ])("%s: %j when %j", (isPublic, Principal, Condition) => {
    expect(isPublicBucketPolicy({ Version: "2012-10-17", Statement: [allow(Principal, { Condition })] } as PolicyDocument)).toBe(isPublic);
    expect(isPublicBucketPolicy({ Version: "2012-10-17", Statement: [{ ...allow("*"), Effect: "Deny" }] } as PolicyDocument)).toBe(false);
  });
});

describe("what every bucket has by itself", () => {
  it("ownership: the owner's, or nothing said", async () => {
    const { s3 } = platform.clients;
    const write = (ObjectOwnership: "BucketOwnerEnforced" | "ObjectWriter") => s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }));
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
    await expect(s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).rejects.toMatchObject({ name: "OwnershipControlsNotFoundError", $metadata: { httpStatusCode: 404 } });
    await write("BucketOwnerEnforced");
    expect((await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls!.Rules).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
    await expect(write("ObjectWriter")).rejects.toMatchObject({ name: "NotImplemented", message: "Object ownership with ACLs (ObjectWriter) is not built in lambdad yet: leave it out of the request" });
  });

  it("encryption with S3's own keys, and no other", async () => {
    const { s3 } = platform.clients;
    const rules = async () => (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration!.Rules;
    const write = (SSEAlgorithm: "AES256" | "aws:kms", KMSMasterKeyID?: string) =>
      s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID }, BucketKeyEnabled: true }] } }));
    const before = await rules();
    await write("AES256");
    expect(await rules()).toEqual([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: true }]);
    await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
    expect(await rules()).toEqual(before);
    await expect(write("aws:kms")).rejects.toMatchObject({ name: "NotImplemented" });
    await expect(write("AES256", "key")).rejects.toMatchObject({ name: "InvalidArgument" });
  });
});
