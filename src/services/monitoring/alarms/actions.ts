import { parseArn } from "../../../kit/arn.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { Delivery } from "../../../plumber/outbox.ts";
import { notBuilt, validationError } from "../errors.ts";
import { alarmArn, type Alarm, type AlarmConfiguration, type Place } from "./alarm-rows.ts";
import { configurationDetail, eventDetail, functionEvent, topicMessage, type Change, type Configured } from "./messages.ts";

/** What AWS has beside topics and functions, by the service of its ARN. */
const NOT_BUILT: Record<string, string> = {
  automate: "EC2 actions", swf: "EC2 actions", autoscaling: "Auto Scaling actions", ssm: "Systems Manager actions", "ssm-incidents": "Incident Manager actions", aiops: "investigations", "application-autoscaling": "Auto Scaling actions",
};

/** Throws what is wrong with an action, or the name of what is not built. */
export const checkAction = (action: string, { region }: Place): void => {
  const arn = parseArn(action);
  if (arn === undefined) throw validationError(`Invalid arn syntax: ${action}`);
  const missing = NOT_BUILT[arn.service];
  if (missing !== undefined) throw notBuilt(`The action ${action} (${missing})`, "let the alarm tell a topic of SNS or a function, or match its events in EventBridge");
  if (arn.service !== "sns" && arn.service !== "lambda") throw validationError(`Unsupported AWS vendor ${arn.service}`);
  const isTopic = arn.service === "sns" && /^[\w-]{1,256}(\.fifo)?$/.test(arn.resource);
  const isFunction = arn.service === "lambda" && /^function:[\w-]{1,64}(:[\w$-]{1,128})?$/.test(arn.resource);
  if (!isTopic && !isFunction) throw validationError(`Unsupported action: ${action}`);
  if (isTopic && arn.region !== region) throw validationError(`Invalid region ${arn.region} specified. Only ${region} is supported.`);
};

/** Of the state that it has now. */
export const actionsOf = ({ configuration, state }: Alarm): readonly string[] => {
  const { okActions, alarmActions, insufficientDataActions }: AlarmConfiguration = configuration;
  return { OK: okActions, ALARM: alarmActions, INSUFFICIENT_DATA: insufficientDataActions }[state.value];
};

const eventOf = ({ account, region, name }: Alarm, { detailType, detail, time }: { detailType: string; detail: string; time: number }, trace: Trace, id: string): Delivery => {
  const sourceArn = alarmArn({ account, region }, name);
  return {
    id, traceId: trace.id, ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }), region, keys: [name, sourceArn], targetArn: `arn:aws:events:${region}:${account}:event-bus/default`,
    as: { service: "cloudwatch.amazonaws.com", account, sourceArn, sourceAccount: account }, payload: detail, entry: { source: "aws.cloudwatch", detailType, resources: [sourceArn], time },
  };
};

/** Of an alarm that was put, changed or deleted at a moment: the event that tells of it. */
export const configurationEvent = (configured: Configured, time: number, trace: Trace, id: string): Delivery =>
  eventOf(configured.alarm, { detailType: "CloudWatch Alarm Configuration Change", detail: configurationDetail(configured), time }, trace, id);

/** Of an alarm that has changed its state: the event that EventBridge always gets, and one for each action. Their doors are asked when they are delivered. */
export const deliveriesOf = (change: Change, trace: Trace, nextId: () => string): Delivery[] => {
  const { alarm } = change;
  const { account, region, name, state } = alarm;
  const sourceArn = alarmArn(alarm, name);
  const common = () => ({ id: nextId(), traceId: trace.id, ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }), region, keys: [name, sourceArn] });
  const alarmAction = { alarm: name, changedAt: state.updatedAt };
  const as = (service: string) => ({ service, account, sourceArn, sourceAccount: account });
  const event = eventOf(alarm, { detailType: "CloudWatch Alarm State Change", detail: eventDetail(change), time: state.updatedAt }, trace, nextId());
  const actions = alarm.configuration.actionsEnabled ? [...new Set(actionsOf(alarm))] : [];
  return [
    event,
    ...actions.map((targetArn): Delivery => {
      if (parseArn(targetArn)?.service === "lambda") return { ...common(), alarmAction, targetArn, as: as("lambda.alarms.cloudwatch.amazonaws.com"), payload: functionEvent(change) };
      const { subject, message } = topicMessage(change);
      return { ...common(), alarmAction, targetArn, as: as("cloudwatch.amazonaws.com"), subject, payload: message, ...(targetArn.endsWith(".fifo") ? { messageGroupId: sourceArn, messageDeduplicationId: nextId() } : {}) };
    }),
  ];
};
