/** An Amazon Resource Name in its six parts; `resource` keeps its own `:` and `/`. */
export interface Arn {
  partition: string;
  service: string;
  region: string;
  account: string;
  resource: string;
}

/** `undefined` when the text is not an ARN. */
export const parseArn = (text: string): Arn | undefined => {
  const parts = text.split(":");
  if (parts.length < 6 || parts[0] !== "arn") return undefined;
  const [, partition = "", service = "", region = "", account = "", ...resource] = parts;
  if (partition === "" || service === "") return undefined;
  return { partition, service, region, account, resource: resource.join(":") };
};

export const formatArn = ({ partition, service, region, account, resource }: Omit<Arn, "partition"> & { partition?: string }): string =>
  `arn:${partition ?? "aws"}:${service}:${region}:${account}:${resource}`;

/** The ARN of a function, or of its version or alias when `qualifier` is given. */
export const functionArn = (at: { region: string; account: string }, name: string, qualifier?: string): string =>
  formatArn({ service: "lambda", ...at, resource: `function:${name}${qualifier === undefined ? "" : `:${qualifier}`}` });

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;

export const roleArn = (account: string, name: string, path = "/"): string => `arn:aws:iam::${account}:role${path}${name}`;
