import { runtimeError } from "./errors.mjs";

/** `awslambda`, as AWS's runtime has it. A streaming handler says so itself: the platform cannot stream yet. */
export const installGlobals = () => {
  if (process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA === "1") return;
  globalThis.awslambda = {
    streamifyResponse: () => async () => {
      throw runtimeError("Runtime.StreamingNotBuilt", "awslambda.streamifyResponse is not built in this version of lambdad: return the response as a whole");
    },
    HttpResponseStream: class {
      static from() {
        throw runtimeError("Runtime.StreamingNotBuilt", "awslambda.HttpResponseStream is not built in this version of lambdad");
      }
    },
  };
};
