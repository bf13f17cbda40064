import { tagKeys } from "../../../iam/tag-keys.ts";
import type { Permission } from "../../service.ts";

type Keys = NonNullable<Permission["context"]>;

interface Spoken {
  Principal?: string;
  FunctionUrlAuthType?: string;
  AuthType?: string;
  CodeSigningConfigArn?: string;
  Layers?: string[];
  Tags?: Record<string, string>;
  TagKeys?: string[];
}

/** What a function is tagged with decides, too, who may do something with it ("Using attribute-based access control in Lambda"). */
export const resourceTagKeys = (tags: Readonly<Record<string, string>>): Keys => tagKeys("ResourceTag", tags);

/** The condition keys of Lambda's actions that a request itself fills ("Actions, resources, and condition keys for AWS Lambda"). */
export const conditionKeysOf = ({ Principal, FunctionUrlAuthType, AuthType, CodeSigningConfigArn, Layers, Tags, TagKeys }: Spoken): Pick<Permission, "context"> => {
  const authType = FunctionUrlAuthType ?? AuthType;
  const keys = TagKeys ?? Object.keys(Tags ?? {});
  const context: Keys = {
    ...(Principal === undefined ? {} : { "lambda:Principal": Principal }),
    ...(authType === undefined ? {} : { "lambda:FunctionUrlAuthType": authType }),
    ...(CodeSigningConfigArn === undefined ? {} : { "lambda:CodeSigningConfigArn": CodeSigningConfigArn }),
    ...(Layers === undefined || Layers.length === 0 ? {} : { "lambda:Layer": Layers }),
    ...(Tags === undefined ? {} : tagKeys("RequestTag", Tags)),
    ...(keys.length === 0 ? {} : { "aws:TagKeys": keys }),
  };
  return Object.keys(context).length === 0 ? {} : { context };
};
