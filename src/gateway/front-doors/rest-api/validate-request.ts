import type { ErrorObject, ValidateFunction } from "ajv";
import { isRecord } from "../parse-json.ts";
import { matchesAnywhere, withinTime } from "../bounded-pattern.ts";
import type { CompiledApi } from "./compile.ts";
import type { Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";
import { readSource } from "./mapping.ts";
import { mediaType } from "./media-types.ts";
import { validationText } from "./validation-text.ts";

/** Milliseconds for one body: some keywords take the square of its length. Ours. */
const VALIDATION_MS_MAX = 500;

const modelUrl = (name: string): string => `https://apigateway.amazonaws.com/restapis/models/${name}`;

/** A reference to another model, whichever API's id stands in it, is one to the model of this API. */
const withReferences = (schema: unknown, models: CompiledApi["models"], definitions: ReadonlySet<string>): unknown => {
  if (Array.isArray(schema)) return schema.map((one) => withReferences(one, models, definitions));
  if (!isRecord(schema)) return schema;
  const entries = Object.entries(schema).filter(([name, value]) => !((name === "$schema" || name === "id" || name === "$id") && typeof value === "string"));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name !== "$ref" || typeof value !== "string") return [name, withReferences(value, models, definitions)];
      const model = /\/models\/(\w+)$/.exec(value)?.[1] ?? /^#\/(?:definitions|components\/schemas)\/(\w+)$/.exec(value)?.[1];
      return [name, model === undefined || (value.startsWith("#") && definitions.has(model)) || !models.has(model) ? value : modelUrl(model)];
    }),
  );
};

const schemaOf = (text: string | undefined, models: CompiledApi["models"]): object => {
  const schema = JSON.parse(text === undefined || text.trim() === "" ? "{}" : text) as Record<string, unknown>;
  return withReferences(schema, models, new Set(Object.keys(isRecord(schema["definitions"]) ? schema["definitions"] : {}))) as object;
};

/** A pattern of a model's author must not hold the server. */
const boundedRegExp = Object.assign((pattern: string) => ({ test: (text: string) => matchesAnywhere(pattern, text) }), { code: "boundedRegExp" });

const validators = new WeakMap<CompiledApi, Map<string, Promise<ValidateFunction>>>();

const compileModel = async ({ models }: CompiledApi, name: string): Promise<ValidateFunction> => {
  const { default: Ajv } = await import("ajv-draft-04");
  const ajv = new Ajv.default({ strict: false, allErrors: true, logger: false, validateFormats: false, validateSchema: false, verbose: true, code: { regExp: boundedRegExp as never } });
  try {
    for (const model of models.values()) ajv.addSchema(schemaOf(model.schema, models), modelUrl(model.name!));
    return ajv.getSchema(modelUrl(name))!;
  } catch (error) {
    throw misconfigured(`Execution failed due to configuration error: the model ${name} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Compiled with its first request. */
const validatorOf = (compiled: CompiledApi, name: string): Promise<ValidateFunction> => {
  let own = validators.get(compiled);
  if (own === undefined) validators.set(compiled, (own = new Map()));
  let validate = own.get(name);
  if (validate === undefined) own.set(name, (validate = compileModel(compiled, name)));
  return validate;
};

const parse = (body: Buffer): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(body.toString("utf8")) as unknown };
  } catch {
    return undefined;
  }
};

const checkParameters = (exchange: Exchange): void => {
  const required = Object.entries(exchange.method!.requestParameters ?? {}).filter(([, isRequired]) => isRequired).map(([source]) => source);
  const missing = required.filter((source) => [readSource(source, exchange) ?? ""].flat().every((value) => value.trim() === ""));
  if (missing.length === 0) return;
  const names = missing.map((source) => source.split(".").slice(3).join("."));
  throw new GatewayFailure("BAD_REQUEST_PARAMETERS", { message: `Missing required request parameters: [${names.join(", ")}]` });
};

const checkBody = async (exchange: Exchange): Promise<void> => {
  const { method, body, serving: { compiled } } = exchange;
  const models = method!.requestModels ?? {};
  const type = mediaType(exchange.request.headers["content-type"]) || "application/json";
  const name = Object.hasOwn(models, type) ? models[type] : models["$default"];
  if (name === undefined || !compiled.models.has(name)) return;
  const validate = await validatorOf(compiled, name);
  const parsed = parse(body);
  if (parsed === undefined) throw new GatewayFailure("BAD_REQUEST_BODY", { validationError: body.length === 0 ? "[Content is empty]" : "[The request body is no JSON]" });
  const isValid = withinTime(() => validate(parsed.value), VALIDATION_MS_MAX, `the model ${name}`);
  if (isValid !== true) throw new GatewayFailure("BAD_REQUEST_BODY", { validationError: validationText(validate.errors as ErrorObject[]) });
};

/** Before anything of the integration's is asked, as the method's validator says. Source: "Request validation for REST APIs". */
export const validateRequest = async (exchange: Exchange): Promise<void> => {
  const validator = exchange.serving.compiled.validators.get(exchange.method!.requestValidatorId ?? "");
  if (validator?.validateRequestParameters === true) checkParameters(exchange);
  if (validator?.validateRequestBody === true) await checkBody(exchange);
};
