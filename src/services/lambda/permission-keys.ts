import type { Permission } from "../service.ts";

interface Spoken {
  Principal?: string;
  FunctionUrlAuthType?: string;
  AuthType?: string;
  CodeSigningConfigArn?: string;
  Layers?: string[];
}

/** The condition keys of Lambda's actions that a request itself fills ("Actions, resources, and condition keys for AWS Lambda"). */
export const conditionKeysOf = ({ Principal, FunctionUrlAuthType, AuthType, CodeSigningConfigArn, Layers }: Spoken): Pick<Permission, "context"> => {
  const authType = FunctionUrlAuthType ?? AuthType;
  const context = {
    ...(Principal === undefined ? {} : { "lambda:Principal": Principal }),
    ...(authType === undefined ? {} : { "lambda:FunctionUrlAuthType": authType }),
    ...(CodeSigningConfigArn === undefined ? {} : { "lambda:CodeSigningConfigArn": CodeSigningConfigArn }),
    ...(Layers === undefined || Layers.length === 0 ? {} : { "lambda:Layer": Layers }),
  };
  return Object.keys(context).length === 0 ? {} : { context };
};
