import type { Cors, FunctionUrlConfig } from "@aws-sdk/client-lambda";
import { functionArn } from "../../../kit/arn.ts";
import { FUNCTION_URLS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { conflict, invalid, notFound } from "../errors.ts";
import { deleteConfiguration, LATEST, listConfigurations } from "../configuration-rows.ts";
import { functionUrl, functionUrlId } from "./function-url-address.ts";
import { findFunctionUrl, toFunctionUrl, type FunctionUrlRecord } from "./function-url-rows.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { findAlias } from "../versions/qualifiers.ts";
import { findFunction, getFunction } from "../functions/state.ts";
import { refuseForTenants } from "../invocation/tenancy.ts";

/** "For example: GET, POST, DELETE, or the wildcard character (*)"; a preflight's OPTIONS is answered whatever is configured ("Cors", API reference). */
const METHODS = new Set(["GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"]);

const checkCors = ({ AllowMethods = [], AllowOrigins = [] }: Cors = {}) => {
  const unknown = AllowMethods.filter((method) => !METHODS.has(method));
  for (const [name, values] of Object.entries({ AllowMethods, AllowOrigins })) {
    if (values.length > 1 && values.includes("*")) throw invalid(`You can't specify additional fields for ${name} because you already specified the wildcard character (*).`);
  }
  if (unknown.length > 0) throw invalid(`Cors AllowMethods has ${unknown.map((method) => `'${method}'`).join(", ")}. Valid methods are GET, PUT, HEAD, POST, PATCH, DELETE and *`);
};

/** One that says nothing takes the configuration away. */
const corsText = (cors: Cors | undefined): string | null => (cors === undefined || Object.values(cors).every((value) => value === undefined) ? null : JSON.stringify(cors));

const notThere = () => notFound("The resource you requested does not exist.");
const arnOf = (at: FunctionUrlRecord): string => functionArn(at, at.name, at.qualifier === LATEST ? undefined : at.qualifier);

const describe = (record: FunctionUrlRecord, { endpoint }: RequestContext): FunctionUrlConfig => ({
  FunctionUrl: functionUrl(record, endpoint),
  FunctionArn: arnOf(record),
  AuthType: record.authType,
  CreationTime: new Date(record.createdAt).toISOString(),
  LastModifiedTime: new Date(record.lastModified).toISOString(),
  ...(record.cors === undefined ? {} : { Cors: record.cors }),
  InvokeMode: record.invokeMode,
});

/** The HTTP address of a function, or of one of its aliases. */
export const functionUrlConfigHandlers = ({ store, clock }: Pick<LambdaNeeds, "store" | "clock">) => {
  /** These operations have a text of their own for a function or an alias that is not there. */
  function* checkTarget(at: FunctionName): Operation<void> {
    const found = (yield* findFunction(at, at.name)) !== undefined && (at.qualifier === undefined || (yield* findAlias(at, at.qualifier)) !== undefined);
    if (!found) throw notFound("Function does not exist");
  }
  function* getConfig(at: FunctionName): Operation<FunctionUrlRecord> {
    const found = yield* findFunctionUrl(at, at.qualifier);
    if (found === undefined) throw notThere();
    return found;
  }

  return {
    async CreateFunctionUrlConfig(input, context) {
      checkCors(input.Cors);
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const qualifier = at.qualifier ?? LATEST;
      const record = await store.run(function* () {
        yield* checkTarget(at);
        refuseForTenants(yield* getFunction(at, at.name), "Function URL");
        if ((yield* findFunctionUrl(at, qualifier)) !== undefined) {
          throw conflict(`Failed to create function url config for [functionArn = ${at.arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`);
        }
        const rows = yield* sql(
          `insert into lambda_function_url (account, region, name, qualifier, url_id, auth_type, cors, invoke_mode, created_at, last_modified)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
          at.account, at.region, at.name, qualifier, functionUrlId({ ...at, qualifier }), input.AuthType!, corsText(input.Cors), input.InvokeMode ?? "BUFFERED", clock.now(), clock.now(),
        );
        return toFunctionUrl(rows[0]!);
      });
      const { LastModifiedTime: _sameAsCreationTime, ...created } = describe(record, context);
      return created;
    },

    async UpdateFunctionUrlConfig(input, context) {
      checkCors(input.Cors);
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const record = await store.run(function* () {
        const { authType, cors, invokeMode, qualifier } = yield* getConfig(at);
        const rows = yield* sql(
          "update lambda_function_url set auth_type = ?, cors = ?, invoke_mode = ?, last_modified = ? where account = ? and region = ? and name = ? and qualifier = ? returning *",
          input.AuthType ?? authType, corsText(input.Cors ?? cors), input.InvokeMode ?? invokeMode, clock.now(), at.account, at.region, at.name, qualifier,
        );
        return toFunctionUrl(rows[0]!);
      });
      return describe(record, context);
    },

    async GetFunctionUrlConfig(input, context) {
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      return describe(await store.read(() => getConfig(at)), context);
    },

    async DeleteFunctionUrlConfig(input, context) {
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      await store.run(function* () {
        const { qualifier } = yield* getConfig(at);
        yield* deleteConfiguration("lambda_function_url", at, qualifier);
      });
    },

    async ListFunctionUrlConfigs(input, context) {
      const at = parseFunctionName(input.FunctionName!, context);
      const most = Math.min(input.MaxItems ?? FUNCTION_URLS_PAGE_MAX, FUNCTION_URLS_PAGE_MAX);
      const after = readMarker(input.Marker) ?? "";
      const rows = await store.read(function* () {
        yield* getFunction(at, at.name);
        return yield* listConfigurations("lambda_function_url", at, after, most + 1);
      });
      const { page, next } = cutPage(rows.map(toFunctionUrl), most, ({ qualifier }) => qualifier);
      return { FunctionUrlConfigs: page.map((record) => describe(record, context)), ...next };
    },
  } satisfies LambdaHandlers;
};
