import { isIP } from "node:net";

/** Of what has the right type and the wrong form. */
export const LEGACY = "The policy failed legacy parsing";

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const SECONDS = /^-?\d+(?:\.\d+)?$/;
const DAY = /^\d{4}(?:-\d\d(?:-\d\d(?:T.+)?)?)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PREFIX_MAX: Record<number, number> = { 4: 32, 6: 128 };

const isAddress = (text: string): boolean => {
  const [base = "", bits, ...more] = text.split("/");
  const most = PREFIX_MAX[isIP(base)];
  return most !== undefined && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
};

/** Six parts, or a wildcard that may stand for what is not there. */
export const isWholeArn = (text: string): boolean => /[*?]/.test(text) || (text.startsWith("arn:") && text.split(":").length >= 6);

const FORMS: readonly { operators: RegExp; isOne: (text: string) => boolean; refusal: string }[] = [
  { operators: /^Numeric/, isOne: (text) => NUMBER.test(text), refusal: LEGACY },
  { operators: /^Date/, isOne: (text) => SECONDS.test(text) || (DAY.test(text) && !Number.isNaN(Date.parse(text))), refusal: LEGACY },
  { operators: /IpAddress$/, isOne: isAddress, refusal: LEGACY },
  { operators: /^Arn/, isOne: isWholeArn, refusal: LEGACY },
  { operators: /^Binary/, isOne: (text) => BASE64.test(text), refusal: "Syntax errors in policy." },
];

/** How IAM refuses a value that is none for the operator; undefined for one that is. @param operator Without its prefix and `IfExists`: `DateLessThan`. */
export const refusalOfValue = (operator: string, value: string): string | undefined => FORMS.find(({ operators, isOne }) => operators.test(operator) && !isOne(value))?.refusal;

const REGIONLESS = new Set(["s3", "iam", "route53"]);
/** Those of S3 that are of a region, unlike buckets. */
const OF_A_REGION = /^(?:accesspoint|job|storage-lens)/;

/** How IAM refuses a resource of a policy of a role or a user; undefined for one that it takes. Where a wildcard may stand for what is missing it is not asked for. */
export const refusalOfResource = (resource: string): string | undefined => {
  if (resource === "*") return undefined;
  const [arn, partition = "", service = "", region = "", , ...rest] = resource.split(":");
  if (arn !== "arn") return `Resource ${resource} must be in ARN format or "*".`;
  if (partition !== "aws" && !/[*?$]/.test(partition)) return `Partition "${partition}" is not valid for resource "${resource}".`;
  if (/[*?]/.test(service)) return "Resource vendor must be fully qualified and cannot contain regexes.";
  if (!isWholeArn(resource)) return LEGACY;
  if (REGIONLESS.has(service) && /^[a-z0-9-]+$/.test(region) && rest.length > 0 && !OF_A_REGION.test(rest[0]!)) return `Resource ${resource} can not contain region information.`;
  return undefined;
};

/** How IAM refuses an action; undefined for one that it takes. */
export const refusalOfAction = (action: string): string | undefined => {
  if (action === "*") return undefined;
  const [vendor = "", name, ...more] = action.split(":");
  if (more.length > 0) return "Actions/Condition can contain only one colon.";
  if (name !== undefined && /[*?]/.test(vendor)) return "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.";
  return undefined;
};
