import { ApiError } from "../kit/api-error.ts";
import { VALIDATION_ERRORS_MAX } from "../kit/limits/gateway.ts";
import { malformedXml } from "./failures.ts";
import type { Member, Operation, ServiceModel, Shape, Traits } from "./schema.ts";
import { type Constraint, constraintsOf, describeValue, ENUM_TEXT } from "./constraints.ts";
import { failAsMetrics } from "./validate-metrics.ts";

/** Adds what is wrong with a value, in AWS's words, to `issues`. @param path `environment.variables` */
type Check = (value: unknown, path: string, issues: string[]) => void;

/**
 * Throws the service's own error code with AWS's text when the input breaks what the model asks:
 * `1 validation error detected: Value 'x' at 'functionName' failed to satisfy constraint: Member must …`.
 */
export function validate(model: ServiceModel, operation: Operation, input: Record<string, unknown>): void {
  const check = checkOf(operation.input);
  if (check === undefined) return;
  const issues: string[] = [];
  check(input, rootOf(model, operation), issues);
  if (issues.length === 0) return;
  if (model.name === "s3") return failAsS3(operation, issues);
  if (model.name === "sqs") return failAsSqs(operation, issues);
  if (model.name === "iam") failAsIam(issues);
  if (model.name === "monitoring" && failAsMetrics(operation.name, issues)) return;
  // CloudWatch Logs looks at the ARNs of its tag operations itself, and has two words for them.
  if (model.name === "logs" && /^(?:TagResource|UntagResource|ListTagsForResource)$/.test(operation.name) && issues.some((issue) => /^Value '.*' at 'resourceArn' /s.test(issue))) {
    throw new ApiError("ValidationException", "Invalid resourceArn", { status: 400 });
  }
  const said = saidBy(model, issues);
  if (said.length === 0) return;
  const shown = said.slice(0, VALIDATION_ERRORS_MAX);
  const noun = shown.length === 1 ? "validation error" : "validation errors";
  throw new ApiError(model.validationCode, `${shown.length} ${noun} detected: ${shown.join("; ")}`, { status: 400 });
}

const RANGE_TEXT = "Member must have value";

/** Version 2 of API Gateway says itself between what numbers must be, and that a name is missing: its handlers do. CloudWatch Logs repeats no values. */
const saidBy = ({ name }: ServiceModel, issues: readonly string[]): readonly string[] => {
  if (name === "apigatewayv2") return issues.filter((issue) => !issue.includes(RANGE_TEXT) && issue !== missing("name"));
  return name === "logs" ? issues.map((issue) => issue.replace(/^Value '.*' at '/s, "Value at '")) : issues;
};

/** API Gateway's REST APIs name the whole input, too: `putMethodInput.authorizationType`. */
const rootOf = (model: ServiceModel, { name }: Operation): string => (model.name === "apigateway" ? `${wireCase(name)}Input` : "");

/**
 * S3 has its own codes: one for a body that does not fit its schema, one for headers and parameters. What its model
 * enumerates it reads in its own way (`Prefix` and `prefix` are one) and refuses in words of its own: the handlers do.
 */
function failAsS3({ input }: Operation, issues: readonly string[]): void {
  const first = issues.find((issue) => !issue.includes(ENUM_TEXT));
  if (first === undefined) return;
  const [, root] = /at '([^.']+)/.exec(first) ?? [];
  const isInBody = input.members.some((member) => wireCase(member.name) === root && member.traits.httpPayload === true);
  throw isInBody ? malformedXml() : new ApiError("InvalidArgument", first, { status: 400 });
}

/**
 * SQS says what is missing in words of its own; a batch without entries, which a form cannot tell from none, has a code of its own. What its model
 * enumerates are names of attributes: its handlers say which of them it does not know.
 */
function failAsSqs({ input: { members } }: Operation, issues: readonly string[]): void {
  const first = issues.find((issue) => !issue.includes(ENUM_TEXT));
  const [, root, index, name] = /^Value null at '(\w+)(?:\.(\d+)\.member\.(\w+))?'/.exec(first ?? "") ?? [];
  if (first === undefined) return;
  const member = members.find((one) => wireCase(one.name) === root);
  if (member === undefined) throw new ApiError("InvalidParameterValue", first, { status: 400 });
  const wireName = member.traits.xmlName ?? member.name;
  if (name === undefined && member.name === "Entries") throw new ApiError("EmptyBatchRequest", `There should be at least one ${wireName} in the request.`);
  const missing = name === undefined ? member.name : `${wireName}.${index}.${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  throw new ApiError("MissingParameter", `The request must contain the parameter ${missing}.`, { status: 400 });
}

/** IAM has words of its own for the characters of a name, if that is all that is wrong. */
function failAsIam(issues: readonly string[]): void {
  const [, name] = /^Value '.*' at '(roleName|userName|policyName)' failed to satisfy constraint: Member must satisfy regular expression pattern: /s.exec(issues[0]!) ?? [];
  if (name === undefined || issues.length > 1) return;
  throw new ApiError("ValidationError", `The specified value for ${name} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`, { status: 400 });
}

const checks = new WeakMap<Shape, { check: Check | undefined }>();

/** Undefined when nothing that is reachable from the shape is constrained. */
function checkOf(shape: Shape): Check | undefined {
  let known = checks.get(shape);
  if (known === undefined) checks.set(shape, (known = { check: isConstrained(shape, new Set()) ? compile(shape) : undefined }));
  return known.check;
}

function isConstrained(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  if (constraintsOf(shape, shape.traits).length > 0) return true;
  const inner = [...shape.members, ...(shape.value === undefined ? [] : [shape.value]), ...(shape.key === undefined ? [] : [shape.key])];
  return shape.kind === "list" || shape.kind === "map" || inner.some((member) => member.isRequired || isConstrained(member.shape, seen));
}

function compile(shape: Shape): Check {
  const own = checkConstraints(constraintsOf(shape, shape.traits), shape.traits);
  if (shape.kind === "structure" || shape.kind === "union") return compileStructure(shape);
  if (shape.kind === "list") return both(own, compileList(shape));
  if (shape.kind === "map") return both(own, compileMap(shape));
  return own ?? (() => {});
}

const both = (first: Check | undefined, second: Check): Check =>
  first === undefined ? second : (value, path, issues) => {
    first(value, path, issues);
    second(value, path, issues);
  };

function checkConstraints(constraints: readonly Constraint[], { sensitive }: Traits): Check | undefined {
  if (constraints.length === 0) return undefined;
  return (value, path, issues) => {
    for (const { isMet, text } of constraints) if (!isMet(value)) issues.push(failed(value, path, text, sensitive));
  };
}

/** AWS does not repeat sensitive values. */
function failed(value: unknown, path: string, text: string, isSensitive: true | undefined): string {
  const shown = isSensitive === true ? "Value" : `Value '${describeValue(value)}'`;
  return `${shown} at '${path}' failed to satisfy constraint: ${text}`;
}

const missing = (path: string) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`;

/** AWS writes paths with a small first letter, whatever follows: `kMSKeyArn`. */
const wireCase = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** What is missing is said before what is wrong. */
function compileStructure(shape: Shape): Check {
  const required = shape.members.filter((member) => member.isRequired).map(({ name }) => ({ name, step: wireCase(name) }));
  const present = shape.members.map((member) => ({ name: member.name, step: wireCase(member.name), check: lazily(member) }));
  return (value, path, issues) => {
    const source = value as Record<string, unknown>;
    const at = path === "" ? "" : `${path}.`;
    for (const { name, step } of required) if (source[name] === undefined || source[name] === null) issues.push(missing(at + step));
    for (const { name, step, check } of present) {
      const content = source[name];
      if (content !== undefined && content !== null) check(content, at + step, issues);
    }
  };
}

/** Shapes contain themselves: the check of a member is compiled when the member is first there. */
function lazily(member: Member): Check {
  let check: Check | undefined;
  return (value, path, issues) => (check ??= checkOf(member.shape) ?? (() => {}))(value, path, issues);
}

const isNested = ({ kind }: Shape) => kind === "structure" || kind === "union" || kind === "list" || kind === "map";

/** Of simple values AWS shows the whole list and says all that its members must satisfy. */
function compileList({ value: member, traits }: Shape): Check {
  const item = (member as Member).shape;
  if (isNested(item)) {
    const check = lazily(member as Member);
    return (value, path, issues) => {
      let index = 0;
      for (const content of value as unknown[]) {
        const at = `${path}.${++index}.member`;
        if (content !== null && content !== undefined) check(content, at, issues);
        else if (traits.sparse !== true) issues.push(missing(at));
      }
    };
  }
  const entries = createEntriesCheck("Member", member as Member, traits);
  return (value, path, issues) => entries(value as unknown[], value, path, issues);
}

function compileMap({ key, value: member, traits }: Shape): Check {
  const { shape: valueShape } = member as Member;
  const keys = createEntriesCheck("Map keys", key as Member, traits);
  const nested = isNested(valueShape) ? lazily(member as Member) : undefined;
  const values = nested === undefined ? createEntriesCheck("Map value", member as Member, traits) : undefined;
  return (value, path, issues) => {
    const source = value as Record<string, unknown>;
    keys(Object.keys(source), value, path, issues);
    values?.(Object.values(source), value, path, issues);
    if (nested === undefined) return;
    for (const [name, content] of Object.entries(source)) {
      const at = `${path}.${name}.member`;
      if (content !== null && content !== undefined) nested(content, at, issues);
      else if (traits.sparse !== true) issues.push(missing(at));
    }
  };
}

/** A map's keys are never null, and AWS does not ask it of them. @param subject `Member` of a list, `Map keys`, `Map value` */
function createEntriesCheck(subject: "Member" | "Map keys" | "Map value", { shape }: Member, { sensitive, sparse }: Traits) {
  const constraints = constraintsOf(shape, shape.traits);
  const asked = [...constraints.map((constraint) => constraint.text), ...(subject === "Map keys" ? [] : ["Member must not be null"])];
  const text = `${subject} must satisfy constraint: [${asked.join(", ")}]`;
  const isFine = (entry: unknown) => (entry === null || entry === undefined ? sparse === true : constraints.every(({ isMet }) => isMet(entry)));
  return (entries: readonly unknown[], whole: unknown, path: string, issues: string[]) => {
    if (!entries.every(isFine)) issues.push(failed(whole, path, text, sensitive ?? shape.traits.sensitive));
  };
}
