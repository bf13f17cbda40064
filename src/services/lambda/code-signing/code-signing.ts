import { hexId } from "../../../kit/ids.ts";
import { functionArn } from "../../../kit/arn.ts";
import { CODE_SIGNING_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { codeSigningConfigArn, describeCodeSigningConfig, findCodeSigningConfig, parseCodeSigningConfigArn, toCodeSigningConfig, type CodeSigningConfigRecord } from "./code-signing-rows.ts";
import { conflict, notFound } from "../errors.ts";
import { parseUnqualified, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { requireCodeSigningConfig } from "./signatures.ts";
import { getFunction } from "../functions/state.ts";
import { checkTags } from "../functions/tags.ts";

const ID_CHARACTERS = 17;
/** Functions that a refusal names. */
const NAMED_MAX = 5;

/** Whose code a function takes, and what becomes of a package that is none of theirs. */
export const codeSigningHandlers = ({ store, clock, random }: LambdaNeeds) => {
  function* getConfig(arn: string, { region }: RequestContext): Operation<CodeSigningConfigRecord> {
    const named = parseCodeSigningConfigArn(arn);
    const found = named === undefined || named.region !== region ? undefined : yield* findCodeSigningConfig(named);
    if (found === undefined) throw notFound(`The Lambda code signing configuration ${arn} can not be found.`);
    return found;
  }
  const usersOf = ({ account, region, id }: CodeSigningConfigRecord, after: string, most: number) =>
    sql("select name from lambda_function where account = ? and region = ? and code_signing_config_id = ? and name > ? order by name limit ?", account, region, id, after, most);

  function* assign({ account, region, name }: FunctionName, id: string | null): Operation<void> {
    yield* getFunction({ account, region }, name);
    yield* sql("update lambda_function set code_signing_config_id = ? where account = ? and region = ? and name = ?", id, account, region, name);
  }

  return {
    async CreateCodeSigningConfig(input, { account, region }) {
      const tags = checkTags(input.Tags ?? {});
      const rows = await store.run(() => sql(
        "insert into lambda_code_signing_config (account, region, id, description, publishers, policy, tags, last_modified) values (?, ?, ?, ?, ?, ?, ?, ?) returning *",
        account, region, `csc-${hexId(random, ID_CHARACTERS)}`, input.Description ?? null, JSON.stringify(input.AllowedPublishers!.SigningProfileVersionArns),
        input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn", JSON.stringify(tags), clock.now(),
      ));
      return { CodeSigningConfig: describeCodeSigningConfig(toCodeSigningConfig(rows[0]!)) };
    },

    async GetCodeSigningConfig(input, context) {
      return { CodeSigningConfig: describeCodeSigningConfig(await store.read(() => getConfig(input.CodeSigningConfigArn!, context))) };
    },

    async UpdateCodeSigningConfig(input, context) {
      const rows = await store.run(function* () {
        const { account, region, id, description, publishers, policy } = yield* getConfig(input.CodeSigningConfigArn!, context);
        return yield* sql(
          "update lambda_code_signing_config set description = ?, publishers = ?, policy = ?, last_modified = ? where account = ? and region = ? and id = ? returning *",
          input.Description ?? description ?? null, JSON.stringify(input.AllowedPublishers?.SigningProfileVersionArns ?? publishers),
          input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? policy, clock.now(), account, region, id,
        );
      });
      return { CodeSigningConfig: describeCodeSigningConfig(toCodeSigningConfig(rows[0]!)) };
    },

    async DeleteCodeSigningConfig(input, context) {
      await store.run(function* () {
        const config = yield* getConfig(input.CodeSigningConfigArn!, context);
        const users = yield* usersOf(config, "", NAMED_MAX);
        if (users.length > 0) throw conflict(`The code signing configuration ${codeSigningConfigArn(config)} cannot be deleted because it is used by functions: [${users.map((row) => row["name"] as string).join(", ")}]`);
        yield* sql("delete from lambda_code_signing_config where account = ? and region = ? and id = ?", config.account, config.region, config.id);
      });
      return {};
    },

    async ListCodeSigningConfigs(input, { account, region }) {
      const most = Math.min(input.MaxItems ?? CODE_SIGNING_PAGE_MAX, CODE_SIGNING_PAGE_MAX);
      const rows = await store.read(() => sql("select * from lambda_code_signing_config where account = ? and region = ? and id > ? order by id limit ?", account, region, readMarker(input.Marker) ?? "", most + 1));
      const { page, next } = cutPage(rows.map(toCodeSigningConfig), most, ({ id }) => id);
      return { CodeSigningConfigs: page.map(describeCodeSigningConfig), ...next };
    },

    async ListFunctionsByCodeSigningConfig(input, context) {
      const most = Math.min(input.MaxItems ?? CODE_SIGNING_PAGE_MAX, CODE_SIGNING_PAGE_MAX);
      return store.read(function* () {
        const config = yield* getConfig(input.CodeSigningConfigArn!, context);
        const names = (yield* usersOf(config, readMarker(input.Marker) ?? "", most + 1)).map((row) => row["name"] as string);
        const { page, next } = cutPage(names, most, (name) => name);
        return { FunctionArns: page.map((name) => functionArn(config, name)), ...next };
      });
    },

    /** "Changes to the code signing configuration take effect the next time a user tries to deploy a code package to the function" (API reference). */
    async PutFunctionCodeSigningConfig(input, context) {
      const at = parseUnqualified(input.FunctionName!, context);
      await store.run(function* () {
        yield* getFunction(at, at.name);
        const config = yield* requireCodeSigningConfig(input.CodeSigningConfigArn!, at);
        yield* assign(at, config.id);
      });
      return { CodeSigningConfigArn: input.CodeSigningConfigArn, FunctionName: at.name };
    },

    async GetFunctionCodeSigningConfig(input, context) {
      const at = parseUnqualified(input.FunctionName!, context);
      const { codeSigningConfigId: id, name } = await store.read(() => getFunction(at, at.name));
      return { CodeSigningConfigArn: id === undefined ? undefined : codeSigningConfigArn({ ...at, id }), FunctionName: name };
    },

    async DeleteFunctionCodeSigningConfig(input, context) {
      const at = parseUnqualified(input.FunctionName!, context);
      await store.run(() => assign(at, null));
    },
  } satisfies LambdaHandlers;
};
