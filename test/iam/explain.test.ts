import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Statement } from "../../src/iam/document.ts";
import { evaluate, type AuthorizationRequest } from "../../src/iam/evaluate.ts";
import { explainDecision } from "../../src/iam/explain.ts";
import { anonymous, root, serviceCaller, type Caller, type RoleSessionCaller, type UserCaller } from "../../src/kit/caller.ts";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:hello.world`;
const hasTerraform = spawnSync("terraform", ["version"]).status === 0;

const user: UserCaller = { type: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/team/ann`, userId: "AIDA", userName: "ann" };
const session = (account: string): RoleSessionCaller => ({
  type: "role-session", account, arn: `arn:aws:sts::${account}:assumed-role/worker/one`, userId: "AROA:one", roleArn: `arn:aws:iam::${account}:role/deep/worker`, sessionName: "one", expiresAt: 0,
});
const policy = (...Statement: Statement[]) => ({ name: "policy p", document: { Version: "2012-10-17" as const, Statement } });
const allow = (Action: string, Resource = "*"): Statement => ({ Effect: "Allow", Action, Resource });

const explain = (caller: Caller, more: Partial<AuthorizationRequest> = {}) => {
  const request: AuthorizationRequest = { caller, action: "lambda:InvokeFunction", resource: FUNCTION, resourceAccount: ACCOUNT, context: {}, identityPolicies: [], ...more };
  return explainDecision(request, evaluate(request));
};

describe("what would open a door", () => {
  it("for a user: a statement in a policy of theirs", () => {
    const { sentences, fix } = explain(user, { action: "s3:GetObject", resource: "arn:aws:s3:::it's/a" });
    expect(sentences).toEqual(["the user ann may not do s3:GetObject on arn:aws:s3:::it's/a", "there is no policy that could allow it"]);
    expect(fix).toEqual({
      statement: { into: "a policy of the user ann", json: JSON.stringify({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::it's/a" }, undefined, 2) },
      terraform: [
        'resource "aws_iam_user_policy" "ann_s3_GetObject" {', '  user = "ann"', '  name = "AllowS3GetObject"', "  policy = jsonencode({", '    Version   = "2012-10-17"',
        '    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::it\'s/a" }]', "  })", "}",
      ].join("\n"),
      cli: `aws iam put-user-policy --user-name ann --policy-name AllowS3GetObject --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::it'\\''s/a"}]}'`,
    });
  });

  it("names a resource so that Terraform reads it as it is", () => {
    const { fix } = explain(user, { action: "s3:GetObject", resource: 'arn:aws:s3:::b/"\n${a}%{if b}' });
    expect(fix!.terraform).toContain('Resource = "arn:aws:s3:::b/\\"\\n$${a}%%{if b}" }]');
  });

  it("for another account's role: a permission on the function, for the role", () => {
    const { fix, sentences } = explain(session(OTHER), { identityPolicies: [policy(allow("lambda:*"))], resource: `${FUNCTION}:live` });
    expect(sentences[0]).toBe("the role worker (session one) may not invoke the function hello.world, version or alias live");
    expect(fix!.cli).toBe(`aws lambda add-permission --function-name hello.world --qualifier live --statement-id AllowInvokeFromworker --action lambda:InvokeFunction --principal arn:aws:iam::${OTHER}:role/deep/worker`);
    expect(explain(session(OTHER), { identityPolicies: [policy(allow("lambda:*"))], resource: `${FUNCTION}:$LATEST` }).fix).toBeUndefined();
    expect(explain(root(OTHER)).fix!.terraform).toContain(`  principal     = "arn:aws:iam::${OTHER}:root"`);
  });

  it("for a session within a boundary, or narrowed: the statement, and where it belongs", () => {
    const own = { identityPolicies: [policy(allow("lambda:*"))] };
    expect(explain(session(ACCOUNT), { ...own, permissionsBoundary: policy(allow("s3:*")) })).toMatchObject({
      sentences: [expect.anything(), "its policies allow it, but its permissions boundary does not: both must", "statement #1 of the policy p allows it"],
      fix: { statement: { into: "the permissions boundary" } },
    });
    expect(explain(session(ACCOUNT), { ...own, sessionPolicies: [policy(allow("s3:*"))] }).fix!.statement!.into).toBe("the policy that was given when the session was made");
  });

  it("for a role's trust policy: who is to be named in it", () => {
    const trusted = { action: "sts:AssumeRole", resource: `arn:aws:iam::${ACCOUNT}:role/r`, isResourcePolicyRequired: true, identityPolicies: [policy(allow("sts:*"))] };
    const principalOf = (caller: Caller) => (JSON.parse(explain(caller, { ...trusted, resourcePolicy: policy({ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }) }).fix!.statement!.json) as Statement).Principal;
    expect(principalOf(user)).toEqual({ AWS: user.arn });
    expect(principalOf(session(OTHER))).toEqual({ AWS: `arn:aws:iam::${OTHER}:role/deep/worker` });
    expect(principalOf(serviceCaller("lambda.amazonaws.com", ACCOUNT))).toEqual({ Service: "lambda.amazonaws.com" });
    expect(explain(user, trusted).sentences).toContain("there is no such role");
  });

  it("is nothing where something is to be taken away", () => {
    const { fix, sentences } = explain(user, { identityPolicies: [policy(allow("*"), { ...allow("lambda:*"), Sid: "No", Effect: "Deny" })] });
    expect(fix).toBeUndefined();
    expect(sentences).toEqual(["the user ann may not invoke the function hello.world", 'statement "No" of the policy p denies it', "an explicit deny wins over every allow: only changing that statement helps"]);
  });

  it("that is for some requests alone: which conditions make it be for this one", () => {
    const Condition = { StringNotEquals: { "aws:SourceAccount": [OTHER, "1".repeat(12)] }, Null: { "aws:SourceArn": "true" } };
    const { sentences } = explain(serviceCaller("s3.amazonaws.com", ACCOUNT), { context: { "aws:SourceAccount": ACCOUNT }, resourcePolicy: policy({ Sid: "No", Effect: "Deny", Principal: "*", Action: "*", Resource: "*", Condition }) });
    expect(sentences.slice(1, 4)).toEqual([
      'statement "No" of the policy p denies it',
      `its condition StringNotEquals aws:SourceAccount (${OTHER} or 111111111111) holds: the request has ${ACCOUNT}`,
      "its condition Null aws:SourceArn (true) holds: the request has no such key",
    ]);
  });

  it("of a function's policy: which call takes the statement away, or shows it where it has no name", () => {
    const statement = (Sid: string | undefined, attachedTo: string) =>
      explain(root(ACCOUNT), { resource: attachedTo, resourcePolicy: { ...policy({ ...(Sid === undefined ? {} : { Sid }), Effect: "Deny", Principal: "*", Action: "*", Resource: "*" }), attachedTo } });
    expect(statement("No", FUNCTION).fix).toEqual({ cli: "aws lambda remove-permission --function-name hello.world --statement-id No" });
    expect(statement("No one", `${FUNCTION}:live`).fix).toEqual({ cli: "aws lambda remove-permission --function-name hello.world --qualifier live --statement-id 'No one'" });
    const nameless = statement(undefined, FUNCTION);
    expect(nameless.fix).toEqual({ cli: "aws lambda get-policy --function-name hello.world --query Policy --output text" });
    expect(nameless.sentences.at(-1)).toMatch(/^it has no Sid: .*put-resource-policy/);
  });

  it("of a bucket: the statement for its policy", () => {
    const reading = { action: "s3:GetObject", resource: "arn:aws:s3:::b/in/a" };
    const statement = (Principal: Statement["Principal"]) => ({ into: "the policy of the bucket b", json: JSON.stringify({ Effect: "Allow", Principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/in/a" }, undefined, 2) });
    const other = explain(session(OTHER), { ...reading, identityPolicies: [policy(allow("s3:*"))] });
    expect(other.fix).toEqual({ statement: statement({ AWS: session(OTHER).roleArn }) });
    expect(other.sentences[1]).toBe("the bucket b has no policy that lets anyone in, or RestrictPublicBuckets keeps it from who is not of the bucket's account");
    expect(explain(anonymous, reading).fix).toEqual({ statement: statement("*") });
    const denied = explain(user, { ...reading, resourcePolicy: { ...policy({ Sid: "No", Effect: "Deny", Principal: "*", Action: "*", Resource: "*" }), attachedTo: "arn:aws:s3:::b" } });
    expect(denied.fix).toEqual({ cli: "aws s3api get-bucket-policy --bucket b --query Policy --output text" });
    expect(denied.sentences.at(-1)).toMatch(/^read the policy \(below\), .*put-bucket-policy/);
  });

  describe("of what rules, topics and log groups go to", () => {
    const rule = "arn:aws:events:us-east-1:111111111111:rule/r";
    const asRule = serviceCaller("events.amazonaws.com", ACCOUNT, { sourceArn: rule, sourceAccount: ACCOUNT });
    const source = { Condition: { ArnEquals: { "aws:SourceArn": rule } } };

    it("a function: the permission for the rule alone; for a log group with its account", () => {
      expect(explain(asRule).fix!.cli).toBe(`aws lambda add-permission --function-name hello.world --statement-id AllowInvokeFromEventBridge --action lambda:InvokeFunction --principal events.amazonaws.com --source-arn ${rule}`);
      expect(explain(asRule).fix!.terraform).toContain(`  source_arn    = "${rule}"`);
      const group = "arn:aws:logs:us-east-1:111111111111:log-group:/app:*";
      expect(explain(serviceCaller("logs.amazonaws.com", ACCOUNT, { sourceArn: group, sourceAccount: ACCOUNT })).fix!.cli).toMatch(/--principal logs\.amazonaws\.com --source-arn '?arn:aws:logs:us-east-1:111111111111:log-group:\/app:\*'? --source-account \d{12}$/);
      expect(explain(serviceCaller("sns.amazonaws.com", ACCOUNT, { sourceArn: "arn:aws:sns:us-east-1:1:t" })).fix!.cli).toContain("--statement-id AllowInvokeFromSNS --action lambda:InvokeFunction --principal sns.amazonaws.com --source-arn arn:aws:sns:us-east-1:1:t");
    });

    it("a queue, a topic, a bus: the statement for its one policy", () => {
      for (const [action, resource, into] of [["sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q", "queue q"], ["sns:Publish", "arn:aws:sns:us-east-1:111111111111:t", "topic t"], ["events:PutEvents", "arn:aws:events:us-east-1:111111111111:event-bus/b", "event bus b"]] as const) {
        const { fix, sentences } = explain(asRule, { action, resource });
        expect(fix).toEqual({ statement: { into: `the policy of the ${into}`, json: JSON.stringify({ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: action, Resource: resource, ...source }, undefined, 2) } });
        expect(sentences[1]).toMatch(new RegExp(`^the ${into} has no policy that lets anyone in`));
      }
    });

    it("a bus, for another account: its own kind of permission", () => {
      const { fix } = explain(session(OTHER), { action: "events:PutEvents", resource: "arn:aws:events:us-east-1:111111111111:event-bus/b", identityPolicies: [policy(allow("events:*"))] });
      expect(fix!.cli).toBe(`aws events put-permission --event-bus-name b --action events:PutEvents --principal ${OTHER} --statement-id AllowPutEventsFrom${OTHER}`);
      expect(fix!.terraform).toContain('resource "aws_cloudwatch_event_permission"');
    });

    it("a log group: a resource policy of CloudWatch Logs", () => {
      const { fix } = explain(asRule, { action: "logs:PutLogEvents", resource: "arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/x:log-stream:s" });
      const statement = { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/x:*", ...source };
      expect(fix!.statement).toEqual({ into: "a resource policy of CloudWatch Logs", json: JSON.stringify(statement, undefined, 2) });
      expect(fix!.cli).toBe(`aws logs put-resource-policy --policy-name AllowFromEventBridge --policy-document '${JSON.stringify({ Version: "2012-10-17", Statement: [statement] })}'`);
      expect(fix!.terraform).toContain('resource "aws_cloudwatch_log_resource_policy"');
    });
  });

  // Skipped where there is no `terraform`.
  it.skipIf(!hasTerraform)("is Terraform as Terraform itself would write it", () => {
    const s3 = serviceCaller("s3.amazonaws.com", ACCOUNT, { sourceArn: "arn:aws:s3:::uploads", sourceAccount: ACCOUNT });
    const fixes = [
      explain(s3), explain(session(OTHER), { identityPolicies: [policy(allow("lambda:*"))] }), explain(user), explain(session(ACCOUNT), { action: "s3:GetObject", resource: "arn:aws:s3:::b/${x}" }),
      explain(session(ACCOUNT), { action: "logs:PutLogEvents", resource: "*" }),
      explain(session(OTHER), { action: "events:PutEvents", resource: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/b`, identityPolicies: [policy(allow("events:*"))] }),
      explain(serviceCaller("events.amazonaws.com", ACCOUNT), { action: "logs:PutLogEvents", resource: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:g:log-stream:s` }),
    ];
    for (const { fix } of fixes) {
      const { status, stdout } = spawnSync("terraform", ["fmt", "-"], { input: `${fix!.terraform}\n`, encoding: "utf8" });
      expect([status, stdout]).toEqual([0, `${fix!.terraform}\n`]);
    }
  });
});
