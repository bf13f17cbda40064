import { ACCOUNT_CONCURRENCY, UNRESERVED_CONCURRENCY_MIN } from "../../../kit/limits/lambda.ts";
import { sql } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import { limitsOf, setAsideTotal } from "./limits.ts";
import { parseFunctionName, parseUnqualified, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { provisionedOf, totalOf } from "./provisioned-rows.ts";
import { getFunction, toFunction } from "../functions/state.ts";

/** A reservation is the whole function's, of all its versions. */
const placeOf = (name: string, context: RequestContext): FunctionName => {
  const named = parseFunctionName(name, context);
  if (named.qualifier === undefined) return named;
  throw invalid("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.");
};

/** What a function has for itself, and whether it may be invoked in a loop: both are its row's, and the scheduler's to keep to. */
export const concurrencyHandlers = ({ store, limits }: LambdaNeeds) => {
  const change = async ({ account, region, name }: FunctionName, column: "reserved_concurrency" | "recursive_loop", value: number | string | null) => {
    const { record, provisioned } = await store.run(function* () {
      const current = yield* getFunction({ account, region }, name);
      const provisioned = totalOf(yield* provisionedOf(current));
      // Its two spaces and its first one are AWS's.
      if (column === "reserved_concurrency" && typeof value === "number" && value < provisioned) throw invalid(` ReservedConcurrentExecutions  ${value} should not be lower than function's total provisioned concurrency [${provisioned}].`);
      const others = (yield* setAsideTotal({ account, region })) - (current.reservedConcurrency ?? provisioned);
      if (column === "reserved_concurrency" && typeof value === "number" && ACCOUNT_CONCURRENCY - others - value < UNRESERVED_CONCURRENCY_MIN) {
        throw invalid(`Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`);
      }
      const rows = yield* sql(`update lambda_function set ${column} = ? where account = ? and region = ? and name = ? returning *`, value, account, region, name);
      return { record: toFunction(rows[0]!), provisioned };
    });
    limits.set(record, limitsOf(record, provisioned));
  };
  const look = (at: FunctionName) => store.run(() => getFunction(at, at.name));

  return {
    async PutFunctionConcurrency(input, context) {
      await change(placeOf(input.FunctionName!, context), "reserved_concurrency", input.ReservedConcurrentExecutions!);
      return { ReservedConcurrentExecutions: input.ReservedConcurrentExecutions };
    },
    async GetFunctionConcurrency(input, context) {
      const { reservedConcurrency } = await look(placeOf(input.FunctionName!, context));
      return reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
    },
    async DeleteFunctionConcurrency(input, context) {
      await change(placeOf(input.FunctionName!, context), "reserved_concurrency", null);
    },
    async PutFunctionRecursionConfig(input, context) {
      await change(parseUnqualified(input.FunctionName!, context), "recursive_loop", input.RecursiveLoop === "Allow" ? "Allow" : null);
      return { RecursiveLoop: input.RecursiveLoop };
    },
    async GetFunctionRecursionConfig(input, context) {
      return { RecursiveLoop: (await look(parseUnqualified(input.FunctionName!, context))).recursiveLoop };
    },
  } satisfies LambdaHandlers;
};
