import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, PutRolePolicyCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  AddPermissionCommand, CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ListQueuesCommand, ListQueueTagsCommand, PurgeQueueCommand, ReceiveMessageCommand, RemovePermissionCommand, SetQueueAttributesCommand, SQSClient, TagQueueCommand,
} from "@aws-sdk/client-sqs";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";
import { query } from "./wire.ts";

const platform = usePlatform();
const OTHER = "111122223333";
let number = 0;
const create = async () => {
  const name = `queue-${++number}`;
  const { QueueUrl } = await platform.clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
  return { name, url: QueueUrl!, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
};
const other = () => clientsOf(platform.endpoint, { accessKeyId: OTHER, secretAccessKey: "test" }).sqs;
const look = (url: string, sqs: Clients["sqs"] = platform.clients.sqs) => sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] })).then(({ Attributes }) => Attributes!["QueueArn"]);
const policyOf = async (url: string) => {
  const { Attributes } = await platform.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["Policy"] }));
  return Attributes === undefined ? undefined : (JSON.parse(Attributes["Policy"]!) as { Statement: unknown[] });
};
const setPolicy = (url: string, policy: unknown) => platform.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: typeof policy === "string" ? policy : JSON.stringify(policy) } }));
const document = (...Statement: unknown[]) => ({ Version: "2012-10-17", Statement });
const allow = (Principal: unknown, Resource: string, more: object = {}) => ({ Effect: "Allow", Principal, Action: "sqs:GetQueueAttributes", Resource, ...more });
const userOf = async (UserName: string, policy?: unknown) => {
  const { iam } = platform.clients;
  const { User } = await iam.send(new CreateUserCommand({ UserName }));
  if (policy !== undefined) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { arn: User!.Arn!, sqs: clientsOf(platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).sqs };
};

describe("a queue's policy", () => {
  it("is kept as AWS keeps it, and taken away with an empty text", async () => {
    const { url, arn } = await create();
    await setPolicy(url, document(allow({ AWS: OTHER }, arn)));
    expect(await policyOf(url)).toEqual(document(allow({ AWS: `arn:aws:iam::${OTHER}:root` }, arn)));
    await setPolicy(url, "");
    expect(await policyOf(url)).toBeUndefined();
  });

  it("lets another account in at once, to what it says and nothing else, and shuts it out again", async () => {
    const { name, url, arn } = await create();
    const refused = { name: "AccessDenied", $metadata: { httpStatusCode: 403 }, message: `User: arn:aws:iam::${OTHER}:root is not authorized to perform: sqs:getqueueattributes on resource: ${arn} because no resource-based policy allows the sqs:getqueueattributes action` };
    await expect(look(url, other())).rejects.toMatchObject(refused);
    await setPolicy(url, document(allow({ AWS: OTHER }, arn, { Action: ["SQS:GetQueueAttributes", "sqs:GetQueueUrl"] })));
    expect(await look(url, other())).toBe(arn);
    expect(await other().send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: "000000000000" }))).toMatchObject({ QueueUrl: url });
    await expect(other().send(new PurgeQueueCommand({ QueueUrl: url }))).rejects.toMatchObject({ name: "AccessDenied" });
    await setPolicy(url, "");
    await expect(look(url, other())).rejects.toMatchObject(refused);
  });

  it("tells nobody who may not whether a queue is there", async () => {
    const { url } = await create();
    const nowhere = url.replace(/[^/]+$/, "nowhere");
    const texts = await Promise.all([url, nowhere].map((one) => look(one, other()).catch((error: Error) => `${error.name}: ${error.message}`)));
    expect(texts[0]!.replace(/queue-\d+/, "nowhere")).toBe(texts[1]);
    const ann = await userOf("without-policy");
    const own = await Promise.all([url, nowhere].map((one) => look(one, ann.sqs).catch((error: Error) => `${error.name}: ${error.message}`)));
    expect(own[0]!.replace(/queue-\d+/, "nowhere")).toBe(own[1]);
    expect(own[1]).toMatch(/because no identity-based policy allows the sqs:getqueueattributes action$/);
    await expect(look(nowhere)).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  it("opens to no other account what is its owner's alone", async () => {
    const { url, arn } = await create();
    await setPolicy(url, document(allow("*", arn, { Action: "sqs:*" })));
    expect(await look(url, other())).toBe(arn);
    const owners = [
      new DeleteQueueCommand({ QueueUrl: url }), new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { DelaySeconds: "1" } }), new TagQueueCommand({ QueueUrl: url, Tags: { a: "b" } }), new ListQueueTagsCommand({ QueueUrl: url }),
      new AddPermissionCommand({ QueueUrl: url, Label: "l", AWSAccountIds: [OTHER], Actions: ["SendMessage"] }), new RemovePermissionCommand({ QueueUrl: url, Label: "l" }),
    ];
    for (const command of owners) await expect(other().send(command as PurgeQueueCommand)).rejects.toMatchObject({ name: "AccessDenied" });
    await other().send(new PurgeQueueCommand({ QueueUrl: url }));
  });

  it("is enough for a user of the account, and its deny wins over theirs", async () => {
    const { url, arn } = await create();
    const ann = await userOf("ann");
    await expect(look(url, ann.sqs)).rejects.toMatchObject({ name: "AccessDenied" });
    await setPolicy(url, document(allow({ AWS: ann.arn }, arn)));
    expect(await look(url, ann.sqs)).toBe(arn);
    const bob = await userOf("bob", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:*", Resource: "*" }] });
    expect(await look(url, bob.sqs)).toBe(arn);
    await setPolicy(url, document({ ...allow("*", arn), Effect: "Deny", Condition: { StringEquals: { "aws:PrincipalType": "User" } } }));
    await expect(look(url, bob.sqs)).rejects.toMatchObject({ name: "AccessDenied", message: `User: ${bob.arn} is not authorized to perform: sqs:getqueueattributes on resource: ${arn} with an explicit deny in a resource-based policy` });
    expect(await look(url)).toBe(arn);
  });

  it("lets in who has not signed, where it lets everybody in", async () => {
    const { name, url, arn } = await create();
    const path = `/000000000000/${name}`;
    const ask = (method: "GET" | "POST") => query(platform, { action: "GetQueueAttributes", members: { "AttributeName.1": "QueueArn" }, path, method, accessKeyId: null });
    for (const method of ["GET", "POST"] as const) {
      const shut = await ask(method);
      expect([shut.status, shut.one("Code")]).toEqual([403, "AccessDenied"]);
    }
    await setPolicy(url, document(allow("*", arn)));
    for (const method of ["GET", "POST"] as const) expect((await ask(method)).one("Value")).toBe(arn);
    const unsigned = await fetch(platform.endpoint, { method: "POST", headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.GetQueueAttributes" }, body: JSON.stringify({ QueueUrl: url, AttributeNames: ["QueueArn"] }) });
    expect(await unsigned.json()).toEqual({ Attributes: { QueueArn: arn } });
    const nobody = await fetch(platform.endpoint, { method: "POST", headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues" }, body: "{}" });
    expect([nobody.status, ((await nobody.json()) as { __type: string }).__type]).toEqual([403, "com.amazon.coral.service#MissingAuthenticationTokenException"]);
  });

  it.each([
    ["no JSON", "{"],
    ["no statement", { Version: "2012-10-17", Statement: [] }],
    ["a version that there is not", { Version: "2020-01-01", Statement: [allow("*", "*")] }],
    ["no principal", document({ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" })],
    ["a principal that is none", document(allow({ AWS: "ann" }, "*"))],
    ["a user who is not there", document(allow({ AWS: "arn:aws:iam::000000000000:user/nobody" }, "*"))],
    ["an action of another service", document(allow("*", "*", { Action: "s3:GetObject" }))],
  ])("is refused with %s", async (_what, policy) => {
    const { url } = await create();
    await expect(setPolicy(url, policy)).rejects.toMatchObject({ name: "InvalidAttributeValue", message: expect.stringMatching(/^Invalid value for the parameter Policy\./), $metadata: { httpStatusCode: 400 } });
  });

  it("has at most twenty statements", async () => {
    const { url, arn } = await create();
    const statements = (count: number) => document(...Array.from({ length: count }, () => allow("*", arn)));
    await setPolicy(url, statements(20));
    await expect(setPolicy(url, statements(21))).rejects.toMatchObject({ name: "OverLimit", message: "21 statements were found in the submitted policy, max allowed is 20", $metadata: { httpStatusCode: 403 } });
  });
});

describe("a service", () => {
  it("comes in for the source that the policy names, and for no other", async () => {
    const { s3, sqs } = platform.clients;
    const { url, arn } = await create();
    for (const Bucket of ["inbox", "stranger"]) await s3.send(new CreateBucketCommand({ Bucket }));
    const notify = (Bucket: string) => s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:*"] }] } }));
    const receive = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 10 }))).Messages!.map(({ Body }) => JSON.parse(Body!) as { Event?: string; Records?: { s3: { object: { key: string } } }[] });
    const uploads = (Condition: object) => setPolicy(url, document(allow({ Service: "s3.amazonaws.com" }, arn, { Action: "sqs:SendMessage", Condition })));
    await expect(notify("inbox")).rejects.toMatchObject({ name: "InvalidArgument" });
    await uploads({ ArnLike: { "aws:SourceArn": "arn:aws:s3:::inbox" }, StringEquals: { "aws:SourceAccount": "000000000000" } });
    await notify("inbox");
    expect(await receive()).toMatchObject([{ Event: "s3:TestEvent" }]);
    await expect(notify("stranger")).rejects.toMatchObject({ name: "InvalidArgument" });
    await s3.send(new PutObjectCommand({ Bucket: "inbox", Key: "a", Body: "x" }));
    expect((await receive())[0]!.Records![0]!.s3.object.key).toBe("a");

    // Shut again: whoever asks why is told which statement is missing, and where.
    await uploads({ ArnLike: { "aws:SourceArn": "arn:aws:s3:::other" } });
    await s3.send(new PutObjectCommand({ Bucket: "inbox", Key: "b", Body: "x" }));
    const decision = await eventually("the refusal is told", async () => {
      const { body } = await callPlatform({ endpoint: platform.endpoint, region: "us-east-1", account: undefined }, "GET", `events/${encodeURIComponent("inbox/b")}`, undefined, [404]);
      return (body as { stories?: { entries: { kind: string; detail: { explanation?: { fix?: { statement: { into: string; json: string } } } } }[] }[] }).stories?.[0]?.entries.find(({ kind }) => kind === "decision")?.detail.explanation;
    });
    expect(decision.fix!.statement.into).toMatch(/^the policy of the queue queue-\d+$/);
    expect(JSON.parse(decision.fix!.statement.json)).toEqual({ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn, Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:s3:::inbox" } } });
  });
});

it("a policy that speaks of the region means the one that the queue is in, whatever the request was signed for", async () => {
  const abroad = new SQSClient({ endpoint: platform.endpoint, region: "eu-central-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const { QueueUrl } = await abroad.send(new CreateQueueCommand({ QueueName: "abroad" }));
  const { arn } = await create();
  const eve = await userOf("eve", document({ Effect: "Allow", Action: "sqs:*", Resource: "*", Condition: { StringEquals: { "aws:RequestedRegion": "us-east-1" } } }));
  const path = (region: string, name: string) => `${platform.endpoint}/queue/${region}/000000000000/${name}`;
  expect(await look(path("us-east-1", arn.split(":").at(-1)!), eve.sqs)).toBe(arn);
  await expect(look(path("eu-central-1", "abroad"), eve.sqs)).rejects.toMatchObject({ name: "AccessDenied" });
  expect(await look(path("eu-central-1", "abroad"))).toBe("arn:aws:sqs:eu-central-1:000000000000:abroad");
  await expect(look(QueueUrl!)).rejects.toMatchObject({ name: "QueueDoesNotExist" });
});

describe("permissions", () => {
  const add = (url: string, Label: string, AWSAccountIds: string[], Actions: string[]) => platform.clients.sqs.send(new AddPermissionCommand({ QueueUrl: url, Label, AWSAccountIds, Actions }));
  const remove = (url: string, Label: string) => platform.clients.sqs.send(new RemovePermissionCommand({ QueueUrl: url, Label }));

  it("are statements of the policy, as AWS writes them", async () => {
    const { url, arn } = await create();
    await add(url, "one", [OTHER], ["GetQueueAttributes"]);
    await add(url, "two", [OTHER, "222222222222"], ["SendMessage", "*"]);
    expect(await policyOf(url)).toEqual({
      Version: "2008-10-17", Id: `${arn}/SQSDefaultPolicy`,
      Statement: [
        { Sid: "one", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action: "SQS:GetQueueAttributes", Resource: arn },
        { Sid: "two", Effect: "Allow", Principal: { AWS: [`arn:aws:iam::${OTHER}:root`, "arn:aws:iam::222222222222:root"] }, Action: ["SQS:SendMessage", "SQS:*"], Resource: arn },
      ],
    });
    expect(await look(url, other())).toBe(arn);
    await remove(url, "two");
    expect((await policyOf(url))!.Statement).toHaveLength(1);
    await remove(url, "one");
    expect(await policyOf(url)).toBeUndefined();
    await expect(look(url, other())).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("are refused with AWS's texts", async () => {
    const { url } = await create();
    await add(url, "taken", [OTHER], ["SendMessage"]);
    const refused = (message: string) => ({ name: "InvalidParameterValue", message, $metadata: { httpStatusCode: 400 } });
    await expect(add(url, "taken", [OTHER], ["SendMessage"])).rejects.toMatchObject(refused("Value taken for parameter Label is invalid. Reason: Already exists."));
    await expect(remove(url, "other")).rejects.toMatchObject(refused("Value other for parameter Label is invalid. Reason: can't find label on existing policy."));
    await expect(add(url, "a b", [OTHER], ["SendMessage"])).rejects.toMatchObject(refused("Value a b for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."));
    await expect(add(url, "l", ["42"], ["SendMessage"])).rejects.toMatchObject(refused("Value [42] for parameter PrincipalId is invalid. Reason: Unable to verify."));
    await expect(add(url, "l", [], ["SendMessage"])).rejects.toMatchObject(refused("Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."));
    await expect(add(url, "l", [OTHER], ["Fly"])).rejects.toMatchObject(refused("Value SQS:Fly for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions. "));
    await expect(add(url, "l", [OTHER], ["CreateQueue"])).rejects.toMatchObject(refused("Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."));
    await expect(add(url, "l", [OTHER], [])).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter Actions." });
    const eight = ["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl", "PurgeQueue", "*"];
    await expect(add(url, "l", [OTHER], eight)).rejects.toMatchObject({ name: "OverLimit", message: "8 Actions were found, maximum allowed is 7.", $metadata: { httpStatusCode: 403 } });
    await add(url, "l", [OTHER], eight.slice(0, 7));
  });
});

describe("a role's policies", () => {
  it("decide what its sessions may, by the queue's name and tags", async () => {
    const { iam, sts, sqs } = platform.clients;
    const { url } = await create();
    const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" }] });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: trust }));
    const allowed = (...Statement: unknown[]) => iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "p", PolicyDocument: JSON.stringify(document(...Statement)) }));
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "session" }));
    const { sqs: worker } = clientsOf(platform.endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });

    await expect(worker.send(new ListQueuesCommand())).rejects.toMatchObject({
      name: "AccessDenied", message: "User: arn:aws:sts::000000000000:assumed-role/worker/session is not authorized to perform: sqs:listqueues on resource: arn:aws:sqs:us-east-1:000000000000: because no identity-based policy allows the sqs:listqueues action",
    });
    await allowed({ Effect: "Allow", Action: "sqs:ListQueues", Resource: "*" }, { Effect: "Allow", Action: "sqs:GetQueueAttributes", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "red" } } });
    expect((await worker.send(new ListQueuesCommand({ QueueNamePrefix: "queue-" }))).QueueUrls).toContain(url);
    await expect(look(url, worker)).rejects.toMatchObject({ name: "AccessDenied" });
    await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: "red" } }));
    expect(await look(url, worker)).toMatch(/queue-\d+$/);

    const make = (QueueName: string, tags?: Record<string, string>) => worker.send(new CreateQueueCommand({ QueueName, tags }));
    await allowed({ Effect: "Allow", Action: "sqs:CreateQueue", Resource: "arn:aws:sqs:*:*:mine-*" });
    await make("mine-1");
    await expect(make("yours-1")).rejects.toMatchObject({ name: "AccessDenied" });
    // "To be able to tag a queue on creation, you must have the sqs:CreateQueue and sqs:TagQueue permissions."
    await expect(make("mine-2", { team: "red" })).rejects.toMatchObject({ name: "AccessDenied", message: expect.stringContaining("sqs:tagqueue") });
    await allowed({ Effect: "Allow", Action: ["sqs:CreateQueue", "sqs:TagQueue"], Resource: "*", Condition: { StringEquals: { "aws:RequestTag/team": "red" }, "ForAllValues:StringEquals": { "aws:TagKeys": "team" } } });
    await make("mine-2", { team: "red" });
    await expect(make("mine-3", { team: "red", more: "x" })).rejects.toMatchObject({ name: "AccessDenied" });
  });
});
