import { NONE, type SendTo } from "./shipment.ts";

/** One event for each request: there is no batch of them. */
export const sendToApiDestination: SendTo = async ({ post }, { pipe, arn, events: [first], as, trace, requestId, parameter }) => {
  const { event, text } = first!;
  return { answer: await post({ arn, targetArn: pipe.body.target, event, text, parameters: pipe.body.targetParameters?.HttpParameters, parameter, as, trace, requestId }), failed: NONE };
};
