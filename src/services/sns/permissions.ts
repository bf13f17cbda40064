import { tagKeys } from "../../iam/tag-keys.ts";
import type { NamedPolicy, Statement } from "../../iam/document.ts";
import { statementsOf } from "../../iam/policy.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { publishedTo } from "./messages/handlers.ts";
import { inTopic, parseTopicArn, topicArn, type TopicName } from "./names.ts";
import type { SnsTypes } from "./needs.ts";
import { isFeedbackRole } from "./topics/attribute-rules.ts";
import type { TopicReader } from "./topics/reader.ts";

type Keys = NonNullable<Permission["context"]>;

interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}

const requestTagKeys = (tags: readonly Tag[]): Keys => (tags.length === 0 ? {} : { ...tagKeys("RequestTag", Object.fromEntries(tags.map(({ Key = "", Value }) => [Key, Value]))), "aws:TagKeys": tags.map(({ Key = "" }) => Key) });

/** Whose the alarm is: what default policies ask for. Of the services only CloudWatch says it; the others, and principals of the account, need a policy that names them. */
const sourceOwner = ({ caller }: RequestContext): Keys =>
  caller.type === "service" && caller.service === "cloudwatch.amazonaws.com" && caller.sourceAccount !== undefined ? { "aws:SourceOwner": caller.sourceAccount } : {};

/** A subscription is no resource of IAM's: who may speak of any may speak of all, and whose it is the operation looks at. */
const ofAny = (action: string): Permission[] => [{ action: `sns:${action}`, resource: "*" }];

/** What SNS asks IAM ("Actions, resources, and condition keys for Amazon SNS"). */
export const createPermissions = (reader: TopicReader): Service<SnsTypes>["permissions"] => {
  const onTopic = async (action: string, named: TopicName, context: RequestContext, keys: Keys = {}): Promise<Permission> => ({
    action: `sns:${action}`,
    resource: topicArn(named),
    context: { ...tagKeys("ResourceTag", (await reader.topic(named))?.topic.tags ?? {}), ...sourceOwner(context), ...keys },
  });
  const asks =
    <I extends { TopicArn?: string | undefined }>(action: string, keysOf: (input: I) => Keys = () => ({})) =>
    async (input: I, context: RequestContext): Promise<Permission[]> => [await onTopic(action, inTopic(input.TopicArn, context), context, keysOf(input))];
  const asksTagged =
    <I extends { ResourceArn: string | undefined }>(action: string, keysOf: (input: I) => Keys = () => ({})) =>
    async (input: I, context: RequestContext): Promise<Permission[]> => [await onTopic(action, inTopic(input.ResourceArn, context, "ResourceArn"), context, keysOf(input))];

  return {
    CreateTopic: ({ Name: name = "", Tags = [], Attributes = {} }, { account, region }) => [
      ...["sns:CreateTopic", ...(Tags.length === 0 ? [] : ["sns:TagResource"])].map((action) => ({ action, resource: topicArn({ account, region, name }), context: requestTagKeys(Tags) })),
      ...passedRoles(Attributes),
    ],
    DeleteTopic: asks("DeleteTopic"),
    GetTopicAttributes: asks("GetTopicAttributes"),
    SetTopicAttributes: async (input, context) => [
      await onTopic("SetTopicAttributes", inTopic(input.TopicArn, context), context),
      ...passedRoles({ [input.AttributeName ?? ""]: input.AttributeValue }),
    ],
    // AWS's refusals name the ARN of any topic.
    ListTopics: (_input, { account, region }) => [{ action: "sns:ListTopics", resource: topicArn({ account, region, name: "*" }) }],
    AddPermission: asks("AddPermission"),
    RemovePermission: asks("RemovePermission"),
    TagResource: asksTagged("TagResource", ({ Tags = [] }) => requestTagKeys(Tags)),
    UntagResource: asksTagged("UntagResource", ({ TagKeys = [] }) => ({ "aws:TagKeys": TagKeys })),
    ListTagsForResource: asksTagged("ListTagsForResource"),
    Publish: async (input, context) => {
      const { arn, parameter } = publishedTo(input);
      return [await onTopic("Publish", inTopic(arn, context, parameter), context)];
    },
    PublishBatch: asks("Publish"),
    Subscribe: asks("Subscribe", ({ Protocol, Endpoint }) => ({ ...(Protocol === undefined ? {} : { "sns:Protocol": Protocol }), ...(Endpoint === undefined ? {} : { "sns:Endpoint": Endpoint }) })),
    // The token is what lets in whoever has no signature.
    ConfirmSubscription: async (input, context) => (context.caller.type === "anonymous" ? [] : [await onTopic("ConfirmSubscription", inTopic(input.TopicArn, context), context)]),
    Unsubscribe: (_input, { caller }) => (caller.type === "anonymous" ? [] : ofAny("Unsubscribe")),
    GetSubscriptionAttributes: () => ofAny("GetSubscriptionAttributes"),
    SetSubscriptionAttributes: () => ofAny("SetSubscriptionAttributes"),
    ListSubscriptions: () => ofAny("ListSubscriptions"),
    ListSubscriptionsByTopic: asks("ListSubscriptionsByTopic"),
  };
};

/** Whoever has deliveries told of as a role hands it to SNS. */
const passedRoles = (attributes: Readonly<Record<string, string | undefined>>): Permission[] =>
  [...new Set(Object.entries(attributes).flatMap(([name, value = ""]) => (isFeedbackRole(name) && value !== "" ? value : [])))]
    .map((resource) => ({ action: "iam:PassRole", resource, context: { "iam:PassedToService": "sns.amazonaws.com" } }));

/** The owner of an endpoint in another account has a token for what no policy of the topic lets them do: confirm that it is to be told. Their own policies are asked all the same. */
const withConfirmation = ({ document, ...policy }: NamedPolicy, { resource, action }: Permission, account: string): NamedPolicy => {
  if (action !== "sns:ConfirmSubscription") return { ...policy, document };
  const confirm: Statement = { Sid: "__who_has_the_token", Effect: "Allow", Principal: { AWS: "*" }, Action: action, Resource: resource, Condition: { StringNotEquals: { "aws:PrincipalAccount": account } } };
  return { ...policy, document: { ...document, Statement: [...statementsOf(document), confirm] } };
};

/** The policy at a topic's door. */
export const policyAtDoor = async (reader: TopicReader, permission: Permission): Promise<NamedPolicy | undefined> => {
  const named = parseTopicArn(permission.resource);
  const policy = named === undefined ? undefined : (await reader.topic(named))?.policy;
  return policy && withConfirmation(policy, permission, named!.account);
};
