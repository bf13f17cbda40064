import { snapshotRestApi } from "../../plumber/apis/rest-api.ts";
import { methodOf } from "./methods/of-method.ts";
import { notBuilt } from "./errors.ts";
import type { RestHandlers, TestInvoke } from "./needs.ts";
import { getApi, getPart, type ServiceParts } from "./parts.ts";

const required = (testInvoke: TestInvoke | undefined): TestInvoke => {
  if (testInvoke === undefined) throw notBuilt("TestInvoke", "this server serves no REST APIs");
  return testInvoke;
};

/** Requests to the API as it is, whether or not it is deployed. */
export const testInvokeHandlers = ({ store, testInvoke }: ServiceParts) =>
  ({
    async TestInvokeMethod(input, context) {
      const tested = await store.run(function* () {
        const api = yield* getApi(context, input);
        const resource = yield* getPart(api, "resource", input.resourceId);
        // One that is made for any method is tested by each of them.
        if (resource.resourceMethods["ANY"] === undefined) methodOf(resource, input.httpMethod);
        return { api, resource, snapshot: yield* snapshotRestApi(api) };
      });
      return required(testInvoke).method(tested, input, context);
    },

    async TestInvokeAuthorizer(input, context) {
      const tested = await store.run(function* () {
        const api = yield* getApi(context, input);
        return { api, authorizer: yield* getPart(api, "authorizer", input.authorizerId), snapshot: yield* snapshotRestApi(api) };
      });
      return required(testInvoke).authorizer(tested, input, context);
    },
  }) satisfies RestHandlers;
