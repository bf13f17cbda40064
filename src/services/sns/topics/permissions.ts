import type { PolicyDocument, Statement } from "../../../iam/document.ts";
import { statementsOf } from "../../../iam/policy.ts";
import { invalidParameter, withFaultsTold } from "../errors.ts";
import { inTopic } from "../names.ts";
import type { SnsHandlers, SnsParts } from "../needs.ts";
import { defaultPolicy, OUT_OF_SCOPE, refuseLargePolicy, TOPIC_ACTIONS } from "./policy.ts";
import { getTopic, writeAttributes, type Topic } from "./rows.ts";

const SHARED: ReadonlySet<string> = new Set([...TOPIC_ACTIONS, "Receive"].map((name) => name.toLowerCase()));

const policyOf = ({ attributes, arn, account }: Topic): PolicyDocument => (attributes["Policy"] === undefined ? defaultPolicy(arn, account) : (JSON.parse(attributes["Policy"]) as PolicyDocument));
const oneOrAll = (texts: readonly string[]): string | string[] => (texts.length === 1 ? texts[0]! : [...texts]);

const statementOf = (label: string, accounts: readonly string[], actions: readonly string[], arn: string): Statement => ({
  Sid: label,
  Effect: "Allow",
  Principal: { AWS: oneOrAll(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
  Action: oneOrAll(actions.map((action) => `SNS:${action}`)),
  Resource: arn,
});

/** A topic's policy, statement by statement. */
export const permissionHandlers = ({ store }: SnsParts) => {
  const write = (topic: Topic, document: PolicyDocument) => writeAttributes(topic, { ...topic.attributes, Policy: withFaultsTold(false, () => refuseLargePolicy(JSON.stringify(document))) });

  return {
    async AddPermission({ Label: label = "", AWSAccountId: accounts = [], ActionName: actions = [], TopicArn }, context) {
      const named = inTopic(TopicArn, context);
      if (!/^[A-Za-z0-9_-]{1,80}$/.test(label)) throw invalidParameter("Label");
      if (accounts.length === 0 || !accounts.every((account) => /^\d{12}$/.test(account))) throw invalidParameter("AWSAccountId");
      if (actions.length === 0 || !actions.every((action) => SHARED.has(action.toLowerCase()))) throw invalidParameter(OUT_OF_SCOPE);
      await store.run(function* () {
        const topic = yield* getTopic(named);
        const policy = policyOf(topic);
        const statements = statementsOf(policy);
        if (statements.some(({ Sid }) => Sid === label)) throw invalidParameter("Statement already exists");
        yield* write(topic, { ...policy, Statement: [...statements, statementOf(label, accounts, actions, topic.arn)] });
      });
      return {};
    },

    async RemovePermission({ Label: label = "", TopicArn }, context) {
      const named = inTopic(TopicArn, context);
      await store.run(function* () {
        const topic = yield* getTopic(named);
        const policy = policyOf(topic);
        const left = statementsOf(policy).filter(({ Sid }) => Sid !== label);
        if (left.length === statementsOf(policy).length) throw invalidParameter("Label");
        if (left.length > 0) return yield* write(topic, { ...policy, Statement: left });
        const { Policy: _policy, ...others } = topic.attributes;
        yield* writeAttributes(topic, others);
      });
      return {};
    },
  } satisfies SnsHandlers;
};
