import { formatArn, parseArn } from "../../../kit/arn.ts";

export interface LayerName {
  account: string;
  /** Of the ARN: a layer of another region is not here. */
  region: string;
  name: string;
}

export interface LayerVersionName extends LayerName {
  version: number;
}

export const layerArn = ({ account, region, name }: LayerName, version?: number): string =>
  formatArn({ service: "lambda", region, account, resource: `layer:${name}${version === undefined ? "" : `:${version}`}` });

/** A name or an ARN; the model has checked its form. */
export const parseLayerName = (text: string, { account, region }: { account: string; region: string }): LayerName => {
  const arn = parseArn(text);
  return arn === undefined ? { account, region, name: text } : { account: arn.account, region: arn.region, name: arn.resource.split(":")[1]! };
};

/** Undefined for what is none: AWS's own layers (`arn:aws:lambda:::awslayer:…`), a function. */
export const parseLayerVersionArn = (text: string): LayerVersionName | undefined => {
  const arn = parseArn(text);
  const [kind, name, version] = arn?.resource.split(":") ?? [];
  if (arn === undefined || kind !== "layer" || name === undefined || version === undefined || !/^\d+$/.test(version)) return undefined;
  return { account: arn.account, region: arn.region, name, version: Number(version) };
};
