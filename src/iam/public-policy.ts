import { listOf, type PolicyDocument, type Statement } from "./document.ts";
import { statementsOf } from "./policy.ts";

/** Keys that say who a request is from or comes by: S3's list ("The meaning of public", S3 user guide). Services have keys of their own beside them. */
const NARROWING: readonly string[] = [
  "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner",
  "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
];
/** These hold only for a request that has the key, with one of the values that are named. */
const FIXING = /^(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress|Bool)$/;
/** Bits: a range of addresses that is broader is everybody ("/8 for IPv4 and /32 for IPv6", S3 user guide). */
const RANGE_BITS_MIN = { ipv4: 8, ipv6: 32 };

const isNarrowRange = (range: string): boolean => {
  const [address = "", bits] = range.split("/");
  return bits === undefined || Number(bits) >= RANGE_BITS_MIN[address.includes(":") ? "ipv6" : "ipv4"];
};

/** No wildcard, no variable, and not every address there is. */
const isFixed = (key: string, value: unknown): boolean => !/[*?]|\$\{/.test(String(value)) && (key !== "aws:sourceip" || isNarrowRange(String(value)));

const isNarrow = ({ Condition = {} }: Statement, narrowing: readonly string[]): boolean =>
  Object.entries(Condition).some(
    ([operator, entries]) =>
      FIXING.test(operator) &&
      Object.entries(entries).some(([name, value]) => {
        const key = name.toLowerCase();
        return narrowing.includes(key) && listOf(value as unknown).every((one) => isFixed(key, one));
      }),
  );

const isForEveryone = ({ Principal, NotPrincipal }: Statement): boolean =>
  NotPrincipal !== undefined || Principal === "*" || (Principal !== undefined && Object.values(Principal).some((value) => listOf(value).includes("*")));

/** Whether anybody at all may do something by it. `ownKeys`, in lower case: the service's keys that narrow it too. */
export const isPublicPolicy = (document: PolicyDocument, ownKeys: readonly string[]): boolean =>
  statementsOf(document).some((statement) => statement.Effect === "Allow" && isForEveryone(statement) && !isNarrow(statement, [...NARROWING, ...ownKeys]));
