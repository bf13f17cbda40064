import type { PolicyDocument, Statement } from "../../iam/document.ts";
import { statementsOf } from "../../iam/policy.ts";

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Keys that say who a request is from or comes by: S3's list for the same question ("The meaning of public"), and Lambda's own. */
const NARROWING = new Set([
  "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner",
  "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "lambda:eventsourcetoken", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl",
]);
/** These hold only for a request that has the key, with one of the values that are named. */
const FIXING = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress|Bool)$/;

/** No wildcard, no variable, and not every address there is. */
const isFixed = (value: unknown): boolean => !/[*?]|\$\{|^(0\.0\.0\.0|::)\/0$/.test(String(value));

const isNarrow = ({ Condition = {} }: Statement): boolean =>
  Object.entries(Condition).some(([operator, entries]) => FIXING.test(operator) && Object.entries(entries).some(([key, value]) => NARROWING.has(key.toLowerCase()) && listOf(value as unknown).every(isFixed)));

const isForEveryone = ({ Principal, NotPrincipal }: Statement): boolean =>
  NotPrincipal !== undefined || Principal === "*" || (Principal !== undefined && Object.values(Principal).some((value) => listOf(value).includes("*")));

/** Whether anybody at all may do something by it. */
export const isPublic = (document: PolicyDocument): boolean => statementsOf(document).some((statement) => statement.Effect === "Allow" && isForEveryone(statement) && !isNarrow(statement));
