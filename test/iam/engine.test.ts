import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PolicyDocument, Statement } from "../../src/iam/document.ts";
import { evaluate, type AuthorizationRequest } from "../../src/iam/evaluate.ts";
import { explainDecision } from "../../src/iam/explain.ts";
import { findFailedCondition } from "../../src/iam/conditions.ts";
import { parsePolicy } from "../../src/iam/policy.ts";
import { matchesArn, matchesWildcard } from "../../src/iam/wildcard.ts";
import { root, serviceCaller, type Caller, type RoleSessionCaller, type UserCaller } from "../../src/kit/caller.ts";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:thumbnails`;
const BUCKET = "arn:aws:s3:::uploads";

const session: RoleSessionCaller = {
  type: "role-session",
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/one`,
  userId: "AROAEXAMPLE:one",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/worker`,
  sessionName: "one",
  expiresAt: 0,
};

const user: UserCaller = { type: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ann`, userId: "AIDAEXAMPLE", userName: "ann" };

const policy = (...statements: Statement[]): PolicyDocument => ({ Version: "2012-10-17", Statement: statements });
const allow = (extra: Partial<Statement> = {}): Statement => ({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: FUNCTION, ...extra });
const deny = (extra: Partial<Statement> = {}): Statement => ({ ...allow(extra), Effect: "Deny" });

const ask = (options: Partial<AuthorizationRequest> & { caller?: Caller; identity?: PolicyDocument; resource?: string; policy?: PolicyDocument; boundary?: PolicyDocument; session?: PolicyDocument }) =>
  evaluate({
    caller: options.caller ?? session,
    action: options.action ?? "lambda:InvokeFunction",
    resource: options.resource ?? FUNCTION,
    resourceAccount: options.resourceAccount ?? ACCOUNT,
    context: options.context ?? {},
    identityPolicies: options.identity === undefined ? [] : [{ name: "inline policy p", document: options.identity }],
    resourcePolicy: options.policy === undefined ? undefined : { name: "resource policy", document: options.policy },
    permissionsBoundary: options.boundary === undefined ? undefined : { name: "boundary", document: options.boundary },
    sessionPolicies: options.session === undefined ? undefined : [{ name: "session policy", document: options.session }],
    ...(options.isResourcePolicyRequired === undefined ? {} : { isResourcePolicyRequired: options.isResourcePolicyRequired }),
  });

describe("who may", () => {
  const toSession = { Principal: { AWS: session.arn } };
  const toRole = { Principal: { AWS: session.roleArn } };
  const toAccount = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
  const stranger: RoleSessionCaller = { ...session, account: OTHER, arn: `arn:aws:sts::${OTHER}:assumed-role/w/one`, roleArn: `arn:aws:iam::${OTHER}:role/w` };
  const narrowed = policy({ Effect: "Allow", Action: "s3:*", Resource: "*" });

  it.each<[string, Parameters<typeof ask>[0], boolean, string]>([
    ["nothing said", {}, false, "implicit-deny"],
    ["root of the account", { caller: root(ACCOUNT) }, true, "root"],
    ["an identity policy", { identity: policy(allow()) }, true, "identity-policy"],
    ["an identity policy for another action", { identity: policy(allow({ Action: "lambda:Get*" })) }, false, "implicit-deny"],
    ["actions compare without case", { identity: policy(allow({ Action: "LAMBDA:invoke*" })) }, true, "identity-policy"],
    ["resources compare with case", { identity: policy(allow({ Resource: FUNCTION.replace("thumb", "Thumb") })) }, false, "implicit-deny"],
    ["NotAction leaves the others", { identity: policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }) }, true, "identity-policy"],
    ["NotResource leaves this one out", { identity: policy({ Effect: "Allow", Action: "*", NotResource: `${FUNCTION}*` }) }, false, "implicit-deny"],
    ["explicit deny wins over allow", { identity: policy(allow(), deny()) }, false, "explicit-deny"],
    ["explicit deny of a resource policy wins over root", { caller: root(ACCOUNT), policy: policy(deny({ Principal: "*" })) }, false, "explicit-deny"],
    ["a boundary that says nothing", { identity: policy(allow()), boundary: policy(allow({ Action: "s3:*" })) }, false, "implicit-deny"],
    ["a boundary that allows", { identity: policy(allow()), boundary: policy(allow()) }, true, "identity-policy"],
    ["a session policy that says nothing", { session: narrowed, identity: policy(allow()) }, false, "implicit-deny"],
    ["a resource policy for the session, despite the session policy", { session: narrowed, policy: policy(allow(toSession)) }, true, "resource-policy"],
    ["a resource policy for the role, within the session policy", { session: narrowed, policy: policy(allow(toRole)) }, false, "implicit-deny"],
    ["a resource policy for the role", { policy: policy(allow(toRole)) }, true, "resource-policy"],
    ["a resource policy for the account leaves it to the identity", { policy: policy(allow(toAccount)) }, false, "implicit-deny"],
    ["across accounts: only the identity", { caller: stranger, identity: policy(allow()) }, false, "implicit-deny"],
    ["across accounts: only the resource", { caller: stranger, policy: policy(allow({ Principal: { AWS: stranger.arn } })) }, false, "implicit-deny"],
    ["across accounts: both", { caller: stranger, identity: policy(allow()), policy: policy(allow({ Principal: { AWS: OTHER } })) }, true, "resource-policy"],
    ["root across accounts needs the resource policy", { caller: root(OTHER) }, false, "implicit-deny"],
    ["root across accounts with it", { caller: root(OTHER), policy: policy(allow({ Principal: { AWS: OTHER } })) }, true, "root"],
    ["NotPrincipal denies everybody else", { identity: policy(allow()), policy: policy({ ...deny(), NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:role/admin` } }) }, false, "explicit-deny"],
    ["NotPrincipal spares who is named", { identity: policy(allow()), policy: policy({ ...deny(), NotPrincipal: { AWS: session.arn } }) }, true, "identity-policy"],
    ["NotPrincipal that names the account does not spare its roles", { identity: policy(allow()), policy: policy({ ...deny(), NotPrincipal: toAccount.Principal }) }, false, "explicit-deny"],
    ["NotPrincipal that names the account spares its root", { caller: root(ACCOUNT), policy: policy({ ...deny(), NotPrincipal: { AWS: ACCOUNT } }) }, true, "root"],
    ["NotPrincipal spares nobody who has a boundary", { identity: policy(allow()), boundary: policy(allow()), policy: policy({ ...deny(), NotPrincipal: toRole.Principal }) }, false, "explicit-deny"],
    ["a trust policy must agree", { isResourcePolicyRequired: true, identity: policy(allow()) }, false, "implicit-deny"],
    ["a trust policy that names the role suffices", { isResourcePolicyRequired: true, policy: policy(allow(toRole)) }, true, "resource-policy"],
    ["a trust policy that names the account needs the identity too", { isResourcePolicyRequired: true, policy: policy(allow(toAccount)) }, false, "implicit-deny"],
    ["an incomplete ARN ends in wildcards", { identity: policy(allow({ Resource: "arn:aws:lambda" })) }, true, "identity-policy"],
    ["and only in those", { identity: policy(allow({ Resource: "arn:aws:sqs" })) }, false, "implicit-deny"],
    ["a wildcard does not reach over a part of an ARN", { identity: policy(allow({ Resource: "arn:aws:lambda:*:function:thumbnails" })) }, false, "implicit-deny"],
    ["one character", { identity: policy(allow({ Resource: FUNCTION.replace("thumbnails", "thumbnail?") })) }, true, "identity-policy"],
    ["a variable in a document of 2012", { identity: policy(allow({ Resource: FUNCTION.replace("thumbnails", "${aws:PrincipalTag/team}") })), context: { "aws:PrincipalTag/team": "thumbnails" } }, true, "identity-policy"],
    ["the same in a document of 2008 is a text", { identity: { ...policy(allow({ Resource: FUNCTION.replace("thumbnails", "${aws:PrincipalTag/team}") })), Version: "2008-10-17" }, context: { "aws:PrincipalTag/team": "thumbnails" } }, false, "implicit-deny"],
    ["what a variable stands for is no wildcard", { identity: policy(allow({ Resource: FUNCTION.replace("thumbnails", "${aws:PrincipalTag/team}") })), context: { "aws:PrincipalTag/team": "*" } }, false, "implicit-deny"],
    ["a variable of several values has none", { identity: policy(allow({ Resource: FUNCTION.replace("thumbnails", "${aws:TagKeys}") })), context: { "aws:TagKeys": ["thumbnails", "x"] } }, false, "implicit-deny"],
    ["a user named by a resource policy, despite the boundary", { caller: user, policy: policy(allow({ Principal: { AWS: user.arn } })), boundary: policy(allow({ Action: "s3:*" })) }, true, "resource-policy"],
    ["a user within the boundary", { caller: user, identity: policy(allow()), boundary: policy(allow({ Action: "s3:*" })) }, false, "implicit-deny"],
    ["a session policy that allows what the role does not", { session: policy(allow()), identity: policy(allow({ Action: "s3:*" })) }, false, "implicit-deny"],
    ["a session policy and a boundary, both", { session: policy(allow()), boundary: policy(allow()), identity: policy(allow()) }, true, "identity-policy"],
    ["a deny in a session policy wins", { session: policy(allow(), deny()), policy: policy(allow({ Principal: { AWS: session.arn } })) }, false, "explicit-deny"],
    ["a statement with an operator that does not exist allows nothing", { identity: policy(allow({ Condition: { StringAlmost: { a: "b" } } })) }, false, "implicit-deny"],
  ])("%s", (_name, options, isAllowed, reason) => {
    expect(ask(options)).toMatchObject({ isAllowed, reason });
  });

  it("lets a service in through the function's policy alone, source and account compared", () => {
    const door = policy(
      allow({ Sid: "s3", Principal: { Service: "s3.amazonaws.com" }, Condition: { ArnLike: { "AWS:SourceArn": BUCKET }, StringEquals: { "AWS:SourceAccount": ACCOUNT } } }),
    );
    const from = (bucket: string, account: string) => {
      const caller = serviceCaller("s3.amazonaws.com", ACCOUNT, { sourceArn: bucket, sourceAccount: account });
      return ask({ caller, policy: door, context: { "aws:SourceArn": bucket, "aws:SourceAccount": account } });
    };
    expect(from(BUCKET, ACCOUNT)).toMatchObject({ isAllowed: true, statement: { sid: "s3" } });
    expect(from("arn:aws:s3:::other", ACCOUNT).isAllowed).toBe(false);
    expect(from(BUCKET, OTHER).considered[0]!.condition).toEqual({ operator: "StringEquals", key: "AWS:SourceAccount", expected: [ACCOUNT], actual: [OTHER] });
    expect(ask({ caller: serviceCaller("sns.amazonaws.com", ACCOUNT), policy: door }).considered[0]!.outcome).toBe("principal");
    expect(ask({ caller: serviceCaller("s3.amazonaws.com", ACCOUNT), identity: policy(allow()) }).isAllowed).toBe(false);
  });

  it("tells what failed, with expected and actual value, and prints the block that opens the door", () => {
    const caller = serviceCaller("s3.amazonaws.com", ACCOUNT, { sourceArn: BUCKET, sourceAccount: ACCOUNT });
    const door = policy(allow({ Sid: "wrong", Principal: { Service: "s3.amazonaws.com" }, Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:s3:::elsewhere" } } }));
    const decision = ask({ caller, policy: door, context: { "aws:SourceArn": BUCKET } });
    const told = explainDecision({ caller, action: "lambda:InvokeFunction", resource: FUNCTION }, decision);
    expect(told.failedConditions).toEqual([{ statement: 'statement "wrong" of the resource policy', operator: "ArnLike", key: "AWS:SourceArn", expected: ["arn:aws:s3:::elsewhere"], actual: [BUCKET] }]);
    expect(told.sentences).toEqual([`s3.amazonaws.com (for ${BUCKET}) may not invoke the function thumbnails`, "the one statement that there is does not allow it"]);
    expect(told.fix!.terraform).toContain(`source_arn     = "${BUCKET}"`);
    expect(told.fix!.cli).toBe(
      `aws lambda add-permission --function-name thumbnails --statement-id AllowInvokeFromS3 --action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn ${BUCKET} --source-account ${ACCOUNT}`,
    );
  });

  it("quotes what a shell would read as its own", () => {
    const sourceArn = `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/$default/$default`;
    const caller = serviceCaller("apigateway.amazonaws.com", ACCOUNT, { sourceArn });
    expect(explainDecision({ caller, action: "lambda:InvokeFunction", resource: FUNCTION }, ask({ caller })).fix!.cli).toContain(`--source-arn '${sourceArn}'`);
  });

  it("speaks AWS's words", () => {
    const say = (options: Parameters<typeof ask>[0]) => explainDecision({ caller: session, action: "lambda:InvokeFunction", resource: FUNCTION }, ask(options)).message;
    const who = `User: ${session.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION}`;
    expect(say({})).toBe(`${who} because no identity-based policy allows the lambda:InvokeFunction action`);
    expect(say({ identity: policy(deny()) })).toBe(`${who} with an explicit deny in an identity-based policy`);
    expect(say({ policy: policy(deny({ Principal: "*" })) })).toBe(`${who} with an explicit deny in a resource-based policy`);
    expect(say({ identity: policy(allow()), boundary: policy(deny()) })).toBe(`${who} with an explicit deny in a permissions boundary`);
  });
});

describe("conditions", () => {
  const holds = (operator: string, key: string, expected: string | string[], context: Record<string, string[]>) =>
    findFailedCondition({ [operator]: { [key]: expected } }, new Map(Object.entries(context).map(([name, value]) => [name.toLowerCase(), value]))) === undefined;

  it.each<[string, string | string[], string[] | undefined, boolean]>([
    ["StringEquals", "a", ["a"], true],
    ["StringEquals", ["a", "b"], ["b"], true],
    ["StringEquals", "a", ["A"], false],
    ["StringEquals", "a*", ["ab"], false],
    ["StringEqualsIgnoreCase", "a", ["A"], true],
    ["StringNotEquals", ["a", "b"], ["b"], false],
    ["StringNotEquals", ["a", "b"], ["c"], true],
    ["StringNotEquals", "a", undefined, true],
    ["StringLike", "in/*.jp?g", ["in/a.jpeg"], true],
    ["StringNotLike", "in/*", ["out/a"], true],
    ["NumericLessThan", "10", ["9"], true],
    ["NumericLessThan", "10", ["10"], false],
    ["NumericGreaterThanEquals", "10", ["1e1"], true],
    ["NumericEquals", "x", ["x"], false],
    ["DateGreaterThan", "2026-01-01T00:00:00Z", ["2026-06-01T00:00:00Z"], true],
    ["DateLessThan", "1767225600", ["2025-12-31T23:59:59Z"], true],
    ["Bool", "true", ["TRUE"], true],
    ["Bool", "true", undefined, false],
    ["BoolIfExists", "true", undefined, true],
    ["BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], true],
    ["IpAddress", "203.0.113.0/24", ["203.0.113.77"], true],
    ["IpAddress", "203.0.113.0/24", ["203.0.114.1"], false],
    ["IpAddress", "2001:db8::/32", ["2001:db8:1::1"], true],
    ["NotIpAddress", "203.0.113.0/24", ["10.0.0.1"], true],
    ["ArnLike", "arn:aws:s3:::up*", ["arn:aws:s3:::uploads"], true],
    ["ArnLike", "arn:aws:*:uploads", ["arn:aws:s3:::uploads"], false],
    ["ArnEquals", "arn:aws:sns:*:111122223333:t", ["arn:aws:sns:us-east-1:111122223333:t"], true],
    ["ArnNotLike", "arn:aws:s3:::up*", ["arn:aws:s3:::down"], true],
    ["Null", "true", undefined, true],
    ["Null", "true", ["a"], false],
    ["Null", "false", ["a"], true],
    ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true],
    ["ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false],
    ["ForAllValues:StringEquals", "a", [], true],
    ["ForAllValues:StringEquals", "a", undefined, true],
    ["ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], true],
    ["ForAnyValue:StringEquals", "a", ["c"], false],
    ["ForAnyValue:StringEquals", "a", undefined, false],
    ["ForAnyValue:StringNotEquals", "a", ["a", "b"], true],
    ["ForAllValues:StringNotEquals", "a", ["b", "c"], true],
    ["ForAllValues:StringNotEquals", "a", ["a", "c"], false],
    ["ForAnyValue:StringNotEquals", "a", ["a"], false],
    ["ForAnyValue:StringNotEquals", "a", undefined, false],
    ["ForAllValues:StringLike", ["in/*", "out/*"], ["in/1", "out/2"], true],
    ["ForAnyValue:StringEqualsIfExists", "a", undefined, true],
    ["ForAllValues:StringEqualsIfExists", "a", ["b"], false],
    ["StringEqualsIfExists", "a", ["b"], false],
    ["StringEqualsIfExists", "a", [], true],
    ["StringNotEqualsIfExists", "a", ["a"], false],
    ["StringNotEqualsIfExists", "a", undefined, true],
    ["StringNotLikeIfExists", "a*", ["ab"], false],
    ["NumericNotEquals", "10", ["11"], true],
    ["NumericNotEquals", "10", undefined, true],
    ["NumericLessThanEquals", ["10", "5"], ["10"], true],
    ["NumericLessThan", "10", [""], false],
    ["DateEquals", "2026-01-01T00:00:00Z", ["1767225600"], true],
    ["DateLessThanEquals", "2026-01-01", ["2026-01-01T00:00:00Z"], true],
    ["DateNotEquals", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00Z"], true],
    ["DateGreaterThan", "no date", ["2026-01-02T00:00:00Z"], false],
    ["Bool", "false", ["false"], true],
    ["Bool", "false", undefined, false],
    ["BoolIfExists", "false", ["true"], false],
    ["BinaryEquals", "QmluYXJ5", ["qmluyxj5"], false],
    ["IpAddress", "203.0.113.7", ["203.0.113.7"], true],
    ["IpAddress", "203.0.113.0/33", ["203.0.113.7"], false],
    ["IpAddress", "203.0.113.0/24", ["::ffff:203.0.113.9"], true],
    ["IpAddress", ["10.0.0.0/8", "203.0.113.0/24"], ["203.0.113.9"], true],
    ["IpAddress", "not an address", ["203.0.113.9"], false],
    ["NotIpAddress", "203.0.113.0/24", ["203.0.113.9"], false],
    ["NotIpAddress", "203.0.113.0/24", undefined, true],
    ["ArnEquals", "arn:aws:s3:::uploads", ["arn:aws:s3:::Uploads"], false],
    ["ArnNotEquals", "arn:aws:s3:::uploads", undefined, true],
    ["ArnLikeIfExists", "arn:aws:s3:::uploads", undefined, true],
    ["ArnLike", "arn:aws:s3:::uploads", ["no arn"], false],
    ["Null", "false", undefined, false],
    ["Null", "true", [], true],
    ["ForAnyValue:StringAlmost", "a", ["a"], false],
    ["NullIfExists", "true", undefined, false],
    ["stringequals", "a", ["a"], false],
    ["StringAlmost", "a", ["a"], false],
  ])("%s %j of %j is %s", (operator, expected, actual, result) => {
    expect(holds(operator, "aws:Key", expected, actual === undefined ? {} : { "AWS:key": actual })).toBe(result);
  });

  it("puts variables in, and takes their characters literally", () => {
    const keys = { "aws:username": ["a*b"], "s3:prefix": ["home/a*b/x"] };
    expect(holds("StringLike", "s3:prefix", "home/${aws:username}/*", keys)).toBe(true);
    expect(holds("StringLike", "s3:prefix", "home/${aws:username}/*", { ...keys, "s3:prefix": ["home/aXb/x"] })).toBe(false);
    expect(holds("StringEquals", "k", "${aws:PrincipalTag/team, 'none'}", { k: ["none"] })).toBe(true);
    expect(holds("StringEquals", "k", "${aws:PrincipalTag/team}", { k: [""] })).toBe(false);
    expect(holds("StringEquals", "k", "${*}", { k: ["*"] })).toBe(true);
    expect(holds("StringLike", "k", "a${*}", { k: ["ab"] })).toBe(false);
    expect(holds("StringLike", "k", "a${?}${$}", { k: ["a?$"] })).toBe(true);
    expect(holds("StringEquals", "k", "${aws:PrincipalTag/team, 'red, or blue'}", { k: ["red, or blue"] })).toBe(true);
    expect(holds("StringLike", "k", "${aws:PrincipalTag/team, '*'}", { k: ["anything"] })).toBe(false);
    expect(holds("StringEquals", "k", "${AWS:PrincipalTag/Team}", { k: ["red"], "aws:principaltag/team": ["red"] })).toBe(true);
    expect(holds("StringNotEquals", "k", "${aws:PrincipalTag/team}", { k: ["red"] })).toBe(true);
    expect(holds("ArnLike", "k", "arn:aws:s3:::${aws:username}-*", { k: ["arn:aws:s3:::a*b-x"], "aws:username": ["a*b"] })).toBe(true);
    // Not in numbers, dates, addresses and truths.
    expect(holds("NumericEquals", "k", "${n}", { k: ["1"], n: ["1"] })).toBe(false);
    expect(holds("Bool", "k", "${n}", { k: ["true"], n: ["true"] })).toBe(false);
  });
});

describe("a policy document", () => {
  it.each([
    ["{", "Syntax errors in policy."],
    ["[]", "Syntax errors in policy."],
    [{ Version: "2020-01-01", Statement: [allow()] }, "Syntax errors in policy."],
    [{ Statement: [allow()], Comment: "x" }, "Syntax errors in policy."],
    [{ Statement: [] }, "Syntax errors in policy."],
    [{ Statement: [{ ...allow(), Efect: 1 }] }, "Syntax errors in policy."],
    [{ Statement: [{ ...allow(), Effect: "allow" }] }, "The policy failed legacy parsing"],
    [{ Statement: [{ Action: "s3:*", Resource: "*" }] }, "Syntax errors in policy."],
    [{ Statement: [{ Effect: "Allow", Resource: "*" }] }, "Policy statement must contain actions."],
    [{ Statement: [{ Effect: "Allow", Action: "s3:*" }] }, "Policy statement must contain resources."],
    [{ Statement: [allow({ Action: "InvokeFunction" })] }, "must be prefaced by a vendor"],
    [{ Statement: [allow({ Action: "s3:Get:Object" })] }, "Actions/Condition can contain only one colon."],
    [{ Statement: [allow({ Action: "s3?:Get" })] }, "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards."],
    [{ Statement: [allow({ Condition: { StringAlmost: { a: "b" } } })] }, "Syntax errors in policy."],
    [{ Statement: [allow({ Condition: { NullIfExists: { a: "true" } } })] }, "Syntax errors in policy."],
    [{ Statement: [allow({ Resource: "arn:aws-cn:s3:::b" })] }, 'Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::b".'],
    [{ Statement: [allow({ Resource: "arn:aws:s3:b" })] }, "The policy failed legacy parsing"],
    [{ Statement: [allow({ Resource: "arn:aws:s3:us-east-1::b" })] }, "Resource arn:aws:s3:us-east-1::b can not contain region information."],
    [{ Statement: [allow({ Resource: "my-bucket/*" })] }, 'Resource my-bucket/* must be in ARN format or "*".'],
    [{ Statement: [allow({ Resource: "arn:aws:*:::x" })] }, "Resource vendor must be fully qualified and cannot contain regexes."],
    [{ Statement: [allow({ Sid: "with space" })] }, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"],
    [{ Statement: [{ ...allow(), NotAction: "s3:*" }] }, "Syntax errors in policy."],
    [{ Statement: [allow({ Action: [] })] }, "Policy statement must contain actions."],
    [{ Statement: [allow({ Condition: { Bool: "true" as never } })] }, "Syntax errors in policy."],
    [{ Statement: [allow({ Principal: "*" })] }, "Policy document should not specify a principal."],
    [{ Statement: [allow({ Sid: "a" }), allow({ Sid: "a" })] }, "must be unique"],
  ])("is refused: %j", (document, text) => {
    expect(() => parsePolicy(document)).toThrow(text);
  });

  const withCondition = (operator: string, value: unknown) => parsePolicy({ Statement: [allow({ Condition: { [operator]: { k: value } } as never })] });
  const LEGACY = "The policy failed legacy parsing";
  const SYNTAX = "Syntax errors in policy.";
  it.each<[string, unknown[], unknown[], string]>([
    ["ArnLike", ["nope", "arn:aws:s3:b", "${aws:PrincipalArn}"], ["arn:*:s3:::b", "arn:aws:*:*:*:*", "*"], LEGACY],
    ["DateGreaterThanIfExists", ["tomorrow", "2026/01/01", "2026-13-45", "Thu, 01 Jan 2026 00:00:00 GMT"], ["2026", "2026-01", "2026-01-01", "2026-01-01T00:00Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00+09:00", "1767225600"], LEGACY],
    ["NotIpAddress", ["203.0.113.999/24", "example.com", "1.2.3", "10.0.0.0/33", "10.0.0.1 "], ["203.0.113.0/24", "203.0.113.5", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0"], LEGACY],
    ["ForAnyValue:NumericLessThan", ["abc", " 10", "0x10", ["1", "x"]], ["10", 10, "10.5", "-1", "1e3"], LEGACY],
    ["BinaryEquals", ["!!!", "abc", "YWJj=="], ["YWJj", "YWJjZA=="], SYNTAX],
    ["StringEquals", [{ a: "b" }, [{ a: "b" }]], ["x", true], SYNTAX],
    ["ForAllValues:Null", [], ["true"], SYNTAX],
  ])("has values of %s that are some", (operator, wrong, right, text) => {
    for (const value of wrong) expect(() => withCondition(operator, value), String(value)).toThrow(text);
    for (const value of right) expect(() => withCondition(operator, value), String(value)).not.toThrow();
  });

  it("of a role's trust has a principal and no resource", () => {
    const trust = { Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" } };
    expect(parsePolicy(JSON.stringify(trust), "trust")).toEqual(trust);
    expect(() => parsePolicy({ Statement: [{ Effect: "Allow", Action: "sts:AssumeRole" }] }, "trust")).toThrow("Missing required field Principal");
    expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Resource: "*" }] }, "trust")).toThrow("Has prohibited field Resource");
    expect(() => parsePolicy({ Statement: [{ Effect: "Allow", NotPrincipal: { AWS: OTHER }, Action: "sts:AssumeRole" }] }, "trust")).toThrow("Has prohibited field NotPrincipal");
    expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Action: "s3:GetObject" }] }, "trust")).toThrow("AssumeRole policy may only specify STS AssumeRole actions.");
    expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Principal: { Service: "lambda" } }] }, "trust")).toThrow('Invalid principal in policy: "SERVICE":"lambda"');
    for (const Action of ["sts:*", "*", "sts:assumerole", "sts:GetCallerIdentity"]) expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Action }] }, "trust")).toThrow("AssumeRole policy may only specify STS AssumeRole actions.");
    expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Principal: "*" }] }, "trust")).toThrow('AssumeRolepolicy contained an invalid principal: "STAR":"*".');
    expect(() => parsePolicy({ Statement: [{ ...trust.Statement, Principal: {} }] }, "trust")).toThrow("The passed in policy has a statement with no principals!");
    expect(() => parsePolicy("{", "trust")).toThrow("This policy contains invalid Json");
  });
});

describe("laws", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const plain = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const action = fc.constantFrom("lambda:InvokeFunction", "lambda:*", "s3:*", "*", "lambda:Get?unction");
  const statement = fc.record({
    Effect: fc.constantFrom<"Allow" | "Deny">("Allow", "Deny"),
    Action: action,
    Resource: fc.constantFrom("*", FUNCTION, `${FUNCTION}:live`, "arn:aws:s3:::*"),
  });

  it("a wildcard matches as its regular expression does", () => {
    fc.assert(
      fc.property(text, plain, (pattern, subject) => {
        const source = pattern.replaceAll("*", ".*").replaceAll("?", ".");
        expect(matchesWildcard(pattern, subject)).toBe(new RegExp(`^${source}$`, "s").test(subject));
      }),
      { numRuns: 2_000 },
    );
  });

  it("a pattern made to be slow is not", () => {
    const steps = "a".repeat(5_000);
    expect(matchesWildcard(`${"*a".repeat(200)}b`, steps)).toBe(false);
    expect(matchesArn("arn:aws:s3:::*a*a*a*a*a*b", `arn:aws:s3:::${steps}`)).toBe(false);
  });

  it("an explicit deny always wins", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        expect(ask({ identity: policy(...statements, deny()), policy: policy(allow({ Principal: "*" })) }).isAllowed).toBe(false);
      }),
    );
  });

  it("another allow takes nothing away, another deny gives nothing", () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), statement, (statements, extra) => {
        const before = ask({ identity: policy(...statements) }).isAllowed;
        const after = ask({ identity: policy(...statements, extra) }).isAllowed;
        expect(extra.Effect === "Allow" ? !before || after : before || !after).toBe(true);
      }),
    );
  });

  it("the order of statements does not matter", () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), (statements) => {
        expect(ask({ identity: policy(...statements) }).isAllowed).toBe(ask({ identity: policy(...statements.toReversed()) }).isAllowed);
      }),
    );
  });

  it("NotAction and NotResource are the complement", () => {
    fc.assert(
      fc.property(action, (pattern) => {
        const plainly = ask({ identity: policy({ Effect: "Allow", Action: pattern, Resource: "*" }) }).isAllowed;
        const negated = ask({ identity: policy({ Effect: "Allow", NotAction: pattern, Resource: "*" }) }).isAllowed;
        expect(negated).toBe(!plainly);
      }),
    );
  });

  it("IfExists holds without the key, and is the operator with it", () => {
    const operators = ["StringEquals", "StringLike", "NumericLessThan", "Bool", "ArnLike", "DateEquals", "IpAddress"];
    fc.assert(
      fc.property(fc.constantFrom(...operators), plain, plain, (operator, expected, actual) => {
        const failed = (name: string, keys: Map<string, string[]>) => findFailedCondition({ [name]: { k: expected } }, keys) !== undefined;
        expect(failed(`${operator}IfExists`, new Map())).toBe(false);
        expect(failed(`${operator}IfExists`, new Map([["k", [actual]]]))).toBe(failed(operator, new Map([["k", [actual]]])));
      }),
    );
  });
});
