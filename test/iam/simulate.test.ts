import {
  AttachRolePolicyCommand, GetContextKeysForCustomPolicyCommand, GetContextKeysForPrincipalPolicyCommand, PutRolePermissionsBoundaryCommand, PutRolePolicyCommand, PutUserPolicyCommand,
  SimulateCustomPolicyCommand, SimulatePrincipalPolicyCommand, type SimulateCustomPolicyCommandInput, type SimulatePrincipalPolicyCommandInput,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { statementSpans } from "../../src/services/iam/statement-positions.ts";
import { clientsOf } from "../support/clients.ts";
import { usePlatform } from "../support/platform.ts";
import { ACCOUNT, allow, createPolicy, createRole, createUser, deny, documentOf, refusal } from "./support.ts";

const platform = usePlatform();
const iam = { send: ((command: never) => platform.clients.iam.send(command)) as typeof platform.clients.iam.send };
const custom = async (input: Partial<SimulateCustomPolicyCommandInput>) =>
  (await iam.send(new SimulateCustomPolicyCommand({ PolicyInputList: [], ActionNames: ["s3:GetObject"], ...input }))).EvaluationResults!;
const principal = async (PolicySourceArn: string, input: Partial<SimulatePrincipalPolicyCommandInput> = {}) =>
  (await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["s3:GetObject"], ...input }))).EvaluationResults!;

describe("SimulateCustomPolicy", () => {
  it("decides for every action and every resource", async () => {
    const results = await custom({
      PolicyInputList: [documentOf(allow("s3:Get*", "arn:aws:s3:::a/*"), deny("s3:GetObject", "arn:aws:s3:::a/secret"))],
      ActionNames: ["s3:GetObject", "s3:PutObject"],
      ResourceArns: ["arn:aws:s3:::a/x", "arn:aws:s3:::a/secret"],
    });
    expect(results.map(({ EvalActionName, EvalResourceName, EvalDecision }) => [EvalActionName, EvalResourceName, EvalDecision])).toEqual([
      ["s3:GetObject", "arn:aws:s3:::a/x", "allowed"],
      ["s3:GetObject", "arn:aws:s3:::a/secret", "explicitDeny"],
      ["s3:PutObject", "arn:aws:s3:::a/x", "implicitDeny"],
      ["s3:PutObject", "arn:aws:s3:::a/secret", "implicitDeny"],
    ]);
  });

  it("names the statements that decided, and where they stand", async () => {
    const text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" },\n    { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }\n  ]\n}';
    const [result] = await custom({ PolicyInputList: [text] });
    expect(result!.MatchedStatements).toEqual([{ SourcePolicyId: "PolicyInputList.1", SourcePolicyType: "IAM Policy", StartPosition: { Line: 5, Column: 4 }, EndPosition: { Line: 5, Column: 60 } }]);
    expect(text.split("\n")[4]!.slice(4, 60)).toBe('{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }');
  });

  it("asks for what conditions need, and takes what it is told", async () => {
    const PolicyInputList = [documentOf(allow("s3:*", "arn:aws:s3:::home/${aws:PrincipalTag/team}/*", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }))];
    const ResourceArns = ["arn:aws:s3:::home/red/a"];
    const [unknown] = await custom({ PolicyInputList, ResourceArns });
    expect([unknown!.EvalDecision, unknown!.MissingContextValues]).toEqual(["implicitDeny", ["aws:PrincipalTag/team", "aws:SourceIp"]]);
    const ContextEntries = [{ ContextKeyName: "aws:PrincipalTag/team", ContextKeyType: "string" as const, ContextKeyValues: ["red"] }, { ContextKeyName: "aws:sourceip", ContextKeyType: "ip" as const, ContextKeyValues: ["10.1.2.3"] }];
    const [known] = await custom({ PolicyInputList, ResourceArns, ContextEntries });
    expect([known!.EvalDecision, known!.MissingContextValues]).toEqual(["allowed", []]);
    expect((await iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList }))).ContextKeyNames).toEqual(["aws:PrincipalTag/team", "aws:SourceIp"]);
  });

  it("knows boundaries and resource policies", async () => {
    const PolicyInputList = [documentOf(allow("s3:*"))];
    const [narrowed] = await custom({ PolicyInputList, PermissionsBoundaryPolicyInputList: [documentOf(allow("sqs:*"))] });
    expect(narrowed).toMatchObject({ EvalDecision: "implicitDeny", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } });
    const [within] = await custom({ PolicyInputList, PermissionsBoundaryPolicyInputList: [documentOf(allow("s3:Get*"))] });
    expect(within).toMatchObject({ EvalDecision: "allowed", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true } });
    const CallerArn = `arn:aws:iam::${ACCOUNT}:user/ann`;
    const ResourcePolicy = documentOf({ ...allow("s3:GetObject", "arn:aws:s3:::a/*"), Principal: { AWS: CallerArn } });
    const [byResource] = await custom({ ResourcePolicy, CallerArn, ResourceArns: ["arn:aws:s3:::a/x"] });
    expect(byResource).toMatchObject({ EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "ResourcePolicy" }] });
    const [stranger] = await custom({ ResourcePolicy, CallerArn: `${CallerArn}e`, ResourceArns: ["arn:aws:s3:::a/x"] });
    expect(stranger!.EvalDecision).toBe("implicitDeny");
  });

  it("answers in pages", async () => {
    const input = { PolicyInputList: [documentOf(allow("s3:*"))], ActionNames: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"] };
    const first = await iam.send(new SimulateCustomPolicyCommand({ ...input, MaxItems: 2 }));
    const rest = await iam.send(new SimulateCustomPolicyCommand({ ...input, Marker: first.Marker }));
    expect([first.EvaluationResults!.length, first.IsTruncated, rest.EvaluationResults!.map(({ EvalActionName }) => EvalActionName), rest.IsTruncated]).toEqual([2, true, ["s3:ListBucket"], false]);
  });

  it("takes no wildcards for actions, and no policy that is none", async () => {
    expect(await refusal(custom({ ActionNames: ["s3:*"] }))).toMatchObject({ code: "InvalidInput", status: 400 });
    expect(await refusal(custom({ PolicyInputList: ["{"] }))).toMatchObject({ status: 400 });
  });
});

describe("SimulatePrincipalPolicy", () => {
  it("asks what a role has: inline, attached, its boundary", async () => {
    const { Arn } = await createRole(platform.clients, "worker", { Path: "/a/" });
    expect((await principal(Arn!))[0]!.EvalDecision).toBe("implicitDeny");
    await iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "own", PolicyDocument: documentOf(allow("s3:*")) }));
    expect((await principal(Arn!))[0]).toMatchObject({ EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "role_worker_own" }] });
    await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
    expect((await principal(Arn!))[0]!.MatchedStatements!.map(({ SourcePolicyId }) => SourcePolicyId)).toEqual(["role_worker_own", "AmazonS3ReadOnlyAccess"]);
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "worker", PermissionsBoundary: await createPolicy(platform.clients, "edge", documentOf(allow("sqs:*"))) }));
    expect((await principal(Arn!))[0]).toMatchObject({ EvalDecision: "implicitDeny", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } });
  });

  it("asks what a user has, and what more would give", async () => {
    const { Arn } = await createUser(platform.clients, "ann");
    await iam.send(new PutUserPolicyCommand({ UserName: "ann", PolicyName: "home", PolicyDocument: documentOf(allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")) }));
    const of = async (key: string, more: Partial<SimulatePrincipalPolicyCommandInput> = {}) => (await principal(Arn!, { ResourceArns: [`arn:aws:s3:::home/${key}`], ...more }))[0]!.EvalDecision;
    expect([await of("ann/a"), await of("bob/a"), await of("bob/a", { PolicyInputList: [documentOf(allow("s3:*"))] })]).toEqual(["allowed", "implicitDeny", "allowed"]);
    expect((await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn: Arn! }))).ContextKeyNames).toEqual(["aws:username"]);
  });

  it("is of somebody who is there", async () => {
    expect(await refusal(principal(`arn:aws:iam::${ACCOUNT}:role/nobody`))).toMatchObject({ code: "NoSuchEntity", status: 404 });
    expect(await refusal(principal("arn:aws:s3:::not-a-principal"))).toMatchObject({ code: "InvalidInput" });
    // And of one's own account: what others have is theirs to know.
    const other = clientsOf(platform.endpoint, { accessKeyId: "111122223333", secretAccessKey: "test" });
    const PolicySourceArn = `arn:aws:iam::${ACCOUNT}:user/ann`;
    expect(await refusal(other.iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["s3:GetObject"] })))).toMatchObject({ code: "InvalidInput" });
    expect(await refusal(other.iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn })))).toMatchObject({ code: "InvalidInput" });
  });
});

describe("the place of a statement", () => {
  it("is found whatever stands around it", () => {
    const text = '{"Id":"a \\"Statement\\": {","Statement":{"Effect":"Allow","Action":["a:{"],"Resource":"}"},"Version":"2012-10-17"}';
    const [span] = statementSpans(text);
    expect(text.slice(span!.start.Column, span!.end.Column)).toBe('{"Effect":"Allow","Action":["a:{"],"Resource":"}"}');
    expect(statementSpans('{"Statement": []}')).toEqual([]);
    expect(statementSpans("{}")).toEqual([]);
  });
});
