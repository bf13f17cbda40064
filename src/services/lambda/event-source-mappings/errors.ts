import { ApiError } from "../../../kit/api-error.ts";
import { invokedArn, type EventSourceMapping } from "../../../plumber/event-source-mapping/mapping.ts";
import { conflict, notFound } from "../errors.ts";

export const mappingNotFound = (): ApiError => notFound("The resource you requested does not exist.");

/** While it is in a transition. @param what `update`, `delete` */
export const mappingInUse = (what: string): ApiError => new ApiError("ResourceInUseException", `Cannot ${what} the event source mapping because it is in use.`, { status: 400, members: { Type: "User" } });

/** The function by its name, and by its ARN where a version or an alias is meant. The spaces are AWS's. */
export const mappingExists = (mapping: EventSourceMapping): ApiError => {
  const target = mapping.qualifier === undefined ? mapping.functionName : invokedArn(mapping);
  return conflict(`An event source mapping with SQS arn (" ${mapping.sourceArn} ") and function (" ${target} ") already exists. Please update or delete the existing mapping with UUID ${mapping.uuid}`);
};
