import { ApiError } from "../kit/api-error.ts";
import { parseOperator } from "./conditions.ts";
import { listOf, type PolicyDocument, type Statement } from "./document.ts";
import { LEGACY, refusalOfAction, refusalOfResource, refusalOfValue } from "./identity-policy-values.ts";

const VERSIONS = ["2012-10-17", "2008-10-17"];
const DOCUMENT_KEYS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_KEYS = new Set(["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]);
const ACTION = /^(\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$/;
const PRINCIPAL_TYPES = new Set(["AWS", "Service", "Federated", "CanonicalUser"]);
/** Alexa's services stand outside amazonaws.com. */
const SERVICE_PRINCIPAL = /^([a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|aws)|alexa-(appkit|connectedhome)\.amazon\.com)$/;
/** By their letters: IAM takes neither another case nor a wildcard. */
const TRUST_ACTIONS = new Set(["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"]);

export type PolicyKind = "identity" | "trust" | "resource";

const refuse = (message: string): never => {
  throw new ApiError("MalformedPolicyDocument", message, { status: 400 });
};

/** IAM does not say which; the other services' words for it are ours. */
const refuseSyntax = (kind: PolicyKind, detail = ""): never => refuse(kind === "resource" && detail !== "" ? `Syntax errors in policy. ${detail}` : "Syntax errors in policy.");

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string | string[] => typeof value === "string" || (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string"));
export const statementsOf = (document: PolicyDocument): Statement[] => listOf(document.Statement);

/**
 * Reads a policy document, strictly: what AWS does not know is refused when it is written, so that nothing is ever skipped
 * when it is evaluated. Throws ApiError MalformedPolicyDocument with AWS's texts ("Syntax errors in policy.").
 */
export const parsePolicy = (source: unknown, kind: PolicyKind = "identity"): PolicyDocument => {
  const document = typeof source === "string" ? parseJson(source, kind) : source;
  if (!isRecord(document)) return refuse("Syntax errors in policy.");
  for (const key of Object.keys(document)) if (!DOCUMENT_KEYS.has(key)) refuseSyntax(kind, `Unknown element: ${key}`);
  if (document["Version"] !== undefined && !VERSIONS.includes(document["Version"] as string)) refuse(kind === "identity" ? "Syntax errors in policy." : "The policy must contain a valid version string");
  const statements = listOf(document["Statement"]);
  if (statements.length === 0) refuse("Syntax errors in policy.");
  const sids = new Set<string>();
  for (const statement of statements) checkStatement(statement, kind, sids);
  return document as unknown as PolicyDocument;
};

const parseJson = (text: string, kind: PolicyKind): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(kind === "trust" ? "This policy contains invalid Json" : "Syntax errors in policy.");
  }
};

const checkStatement = (statement: unknown, kind: PolicyKind, sids: Set<string>) => {
  if (!isRecord(statement)) return refuse("Syntax errors in policy.");
  for (const key of Object.keys(statement)) if (!STATEMENT_KEYS.has(key)) refuseSyntax(kind, `Unknown element: ${key}`);
  const { Sid, Effect, Condition } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") {
    if (kind === "identity" && typeof Effect === "string") refuse(LEGACY);
    refuseSyntax(kind, "Effect must be Allow or Deny");
  }
  if (Sid !== undefined) {
    if (typeof Sid !== "string") return refuse("Syntax errors in policy.");
    if (kind === "identity" && !/^[0-9A-Za-z]*$/.test(Sid)) refuse("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*");
    if (Sid !== "" && sids.has(Sid)) refuse("Statement IDs (SID) in a single policy must be unique.");
    sids.add(Sid);
  }
  const isEmpty = [statement["Action"], statement["NotAction"]].some((actions) => Array.isArray(actions) && actions.length === 0);
  if (kind === "identity" && isEmpty) refuse("Policy statement must contain actions.");
  checkOneOf(statement, "Action", "Policy statement must contain actions.");
  for (const action of listOf((statement["Action"] ?? statement["NotAction"]) as string | string[])) {
    const refusal = kind === "identity" ? refusalOfAction(action) : undefined;
    if (refusal !== undefined) refuse(refusal);
    if (!ACTION.test(action)) refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (kind === "trust" && !TRUST_ACTIONS.has(action)) refuse("AssumeRole policy may only specify STS AssumeRole actions.");
  }
  if (kind === "trust") {
    if (statement["Resource"] !== undefined || statement["NotResource"] !== undefined) refuse("Has prohibited field Resource");
  } else checkOneOf(statement, "Resource", "Policy statement must contain resources.");
  if (kind === "identity") {
    for (const resource of listOf((statement["Resource"] ?? statement["NotResource"]) as string | string[])) {
      const refusal = refusalOfResource(resource);
      if (refusal !== undefined) refuse(refusal);
    }
    if (statement["Principal"] !== undefined || statement["NotPrincipal"] !== undefined) refuse("Policy document should not specify a principal.");
  } else checkPrincipal(statement, kind);
  if (Condition !== undefined) checkCondition(Condition, kind);
};

const checkOneOf = (statement: Record<string, unknown>, name: "Action" | "Resource", missing: string) => {
  const [plain, negated] = [statement[name], statement[`Not${name}`]];
  if (plain === undefined && negated === undefined) refuse(missing);
  if (plain !== undefined && negated !== undefined) refuse("Syntax errors in policy.");
  if (!isTexts(plain ?? negated)) refuse("Syntax errors in policy.");
};

/** "NotPrincipal must be used with Effect: Deny", and never in a trust policy ("NotPrincipal", IAM user guide): it would let everybody else in. */
const checkPrincipal = (statement: Record<string, unknown>, kind: PolicyKind) => {
  if (statement["NotPrincipal"] !== undefined) {
    if (kind === "trust") refuse("Has prohibited field NotPrincipal");
    if (statement["Principal"] !== undefined) refuse("Syntax errors in policy.");
    if (statement["Effect"] === "Allow") refuse("Allow with NotPrincipal is not allowed.");
  }
  const principal = statement["Principal"] ?? statement["NotPrincipal"];
  if (principal === undefined) return refuse("Missing required field Principal");
  if (principal === "*") return kind === "trust" ? refuse('AssumeRolepolicy contained an invalid principal: "STAR":"*".') : undefined;
  if (!isRecord(principal)) return refuse("Invalid principal in policy");
  if (Object.keys(principal).length === 0) refuse("Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!");
  for (const [type, value] of Object.entries(principal)) {
    if (!PRINCIPAL_TYPES.has(type) || !isTexts(value)) return refuse(`Invalid principal in policy: "${type.toUpperCase()}":"${String(value)}"`);
    for (const text of listOf(value)) if (type === "Service" && !SERVICE_PRINCIPAL.test(text)) refuse(`Invalid principal in policy: "SERVICE":"${text}"`);
  }
};

const checkCondition = (condition: unknown, kind: PolicyKind) => {
  if (!isRecord(condition)) return refuse("Syntax errors in policy.");
  for (const [operator, entries] of Object.entries(condition)) {
    const parsed = parseOperator(operator);
    if (parsed === undefined) return refuse(kind === "identity" ? "Syntax errors in policy." : `Invalid Condition type : ${operator}.`);
    if (!isRecord(entries)) return refuse("Syntax errors in policy.");
    for (const [key, value] of Object.entries(entries)) {
      const isScalar = (one: unknown) => ["string", "number", "boolean"].includes(typeof one);
      if (!isScalar(value) && !(Array.isArray(value) && value.every(isScalar))) refuseSyntax(kind, `Invalid value of condition key ${key}`);
      const refusal = kind === "identity" ? listOf(value as string | string[]).map((one) => refusalOfValue(parsed.base, String(one))).find((one) => one !== undefined) : undefined;
      if (refusal !== undefined) refuse(refusal);
    }
  }
};
