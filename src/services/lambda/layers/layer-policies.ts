import type { NamedPolicy, Statement } from "../../../iam/document.ts";
import { statementsOf } from "../../../iam/policy.ts";
import { ApiError } from "../../../kit/api-error.ts";
import { POLICY_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { sql, type Operation, type Store } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { conflict, invalid, notFound, revisionDiffers } from "../errors.ts";
import { layerArn, parseLayerVersionArn, type LayerVersionName } from "./layer-names.ts";
import { findLayerVersion, type LayerVersionRecord } from "./layer-state.ts";
import { layerVersionOf } from "./layers.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";

interface PermissionInput {
  StatementId?: string | undefined;
  Action?: string | undefined;
  Principal?: string | undefined;
  OrganizationId?: string | undefined;
}

/** As AWS writes it: members in this order. The model takes everybody, an account, or its root. */
const statementOf = ({ StatementId, Action, Principal, OrganizationId }: PermissionInput, resource: string): Statement => ({
  Sid: StatementId!, Effect: "Allow", Principal: Principal === "*" ? "*" : { AWS: /^\d{12}$/.test(Principal!) ? `arn:aws:iam::${Principal}:root` : Principal! }, Action: Action!, Resource: resource,
  ...(OrganizationId === undefined ? {} : { Condition: { StringEquals: { "aws:PrincipalOrgID": OrganizationId } } }),
});

/** Who may use a layer version beside its account. */
export const layerPolicyHandlers = ({ store, random }: LambdaNeeds) => {
  function* getLayerVersion(named: LayerVersionName, { region }: RequestContext): Operation<LayerVersionRecord> {
    const found = named.region === region ? yield* findLayerVersion(named) : undefined;
    if (found === undefined) throw notFound(`Layer version ${layerArn(named, named.version)} does not exist.`);
    return found;
  }
  const checkRevision = ({ policyRevision }: LayerVersionRecord, revisionId: string | undefined) => {
    if (revisionId !== undefined && revisionId !== policyRevision) throw revisionDiffers("GetLayerPolicy");
  };
  function* write({ account, region, name, version }: LayerVersionRecord, statements: readonly Statement[]): Operation<string> {
    const text = JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements });
    const bytes = Buffer.byteLength(text);
    if (bytes > POLICY_BYTES_MAX) throw new ApiError("PolicyLengthExceededException", `The final policy size (${bytes}) is bigger than the limit (${POLICY_BYTES_MAX}).`, { status: 400, members: { Type: "User" } });
    const revision = random.uuid();
    yield* sql(
      "update lambda_layer_version set policy = ?, policy_revision = ? where account = ? and region = ? and name = ? and version = ?",
      statements.length === 0 ? null : text, statements.length === 0 ? null : revision, account, region, name, version,
    );
    return revision;
  }

  return {
    async AddLayerVersionPermission(input, context) {
      const named = layerVersionOf(input, context);
      if (input.OrganizationId !== undefined && input.Principal !== "*") throw invalid("If organization id is specified then principal should be *");
      return store.run(function* () {
        const record = yield* getLayerVersion(named, context);
        checkRevision(record, input.RevisionId);
        const statements = record.policy === undefined ? [] : statementsOf(record.policy);
        if (statements.some(({ Sid }) => Sid === input.StatementId)) {
          throw conflict(`The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`);
        }
        const added = statementOf(input, record.arn);
        return { Statement: JSON.stringify(added), RevisionId: yield* write(record, [...statements, added]) };
      });
    },

    async RemoveLayerVersionPermission(input, context) {
      const named = layerVersionOf(input, context);
      await store.run(function* () {
        const record = yield* getLayerVersion(named, context);
        if (record.policy === undefined) throw notFound("No policy is associated with the given resource.");
        const statements = statementsOf(record.policy);
        const left = statements.filter(({ Sid }) => Sid !== input.StatementId);
        if (left.length === statements.length) throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
        checkRevision(record, input.RevisionId);
        yield* write(record, left);
      });
      return {};
    },

    async GetLayerVersionPolicy(input, context) {
      const named = layerVersionOf(input, context);
      const { policy, policyRevision } = await store.run(() => getLayerVersion(named, context));
      if (policy === undefined) throw notFound("No policy is associated with the given resource.");
      return { Policy: JSON.stringify(policy), RevisionId: policyRevision };
    },
  } satisfies LambdaHandlers;
};

/** The policy that a layer version is kept by; undefined for what is none. */
export const layerPolicy = async (store: Store, resource: string): Promise<NamedPolicy | undefined> => {
  const named = parseLayerVersionArn(resource);
  const record = named === undefined ? undefined : await store.run(() => findLayerVersion(named));
  return record?.policy === undefined ? undefined : { name: `policy of the layer ${record.name}:${record.version}`, document: record.policy };
};
