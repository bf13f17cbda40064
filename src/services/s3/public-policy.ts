import type { PolicyDocument, Statement } from "../../iam/document.ts";
import { statementsOf } from "../../iam/policy.ts";

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [value as T]);

/** Keys that narrow a statement to somebody who is known, when their values are fixed ("The meaning of public", S3 user guide). */
const NARROWING: readonly string[] = [
  "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:principalorgid", "aws:principalarn", "aws:principalaccount", "aws:userid",
  "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
];
const EQUALITIES = /^(ForAnyValue:)?(String|Arn)(Equals|Like|EqualsIgnoreCase)$/;
/** "ranges … broader than /8 for IPv4 and /32 for IPv6" are everybody. */
const isNarrowRange = (range: string): boolean => {
  const [address = "", bits] = range.split("/");
  return bits === undefined || Number(bits) >= (address.includes(":") ? 32 : 8);
};
const isFixed = (value: string): boolean => !/[*?]|\$\{/.test(value);

const isNarrowed = ({ Condition = {} }: Statement): boolean =>
  Object.entries(Condition).some(([operator, entries]) =>
    Object.entries(entries).some(([key, values]) => {
      const texts = listOf(values as string | string[]).map(String);
      if (operator === "IpAddress" && key.toLowerCase() === "aws:sourceip") return texts.every(isNarrowRange);
      return EQUALITIES.test(operator) && NARROWING.includes(key.toLowerCase()) && texts.every((text) => isFixed(text) || (key.toLowerCase() === "aws:sourcearn" && /^arn:[^*?]+:\d{12}:/.test(text)));
    }),
  );

const isForEverybody = ({ Principal, NotPrincipal }: Statement): boolean =>
  NotPrincipal !== undefined || Principal === "*" || (Principal !== undefined && listOf((Principal as Record<string, string | string[]>)["AWS"] ?? []).includes("*"));

/** Whether it lets in anybody who is not named: what BlockPublicPolicy refuses and GetBucketPolicyStatus tells. */
export const isPublicPolicy = (document: PolicyDocument): boolean => statementsOf(document).some((statement) => statement.Effect === "Allow" && isForEverybody(statement) && !isNarrowed(statement));
