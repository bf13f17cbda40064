import type { DestinationConfig, FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { isApiError } from "../../../kit/api-error.ts";
import { functionArn } from "../../../kit/arn.ts";
import { EVENT_INVOKE_CONFIGS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { createCheckDestinations, type Destinations } from "./destinations.ts";
import { invalid, notFound } from "../errors.ts";
import { deleteConfiguration, LATEST, listConfigurations } from "../configuration-rows.ts";
import { findEventConfig, toEventConfig, type EventConfig, type EventConfigRecord } from "./event-config-rows.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { getFunction, type FunctionRecord } from "../functions/state.ts";

interface ConfigInput {
  MaximumRetryAttempts?: number | undefined;
  MaximumEventAgeInSeconds?: number | undefined;
  DestinationConfig?: DestinationConfig | undefined;
}

const toConfig = ({ MaximumRetryAttempts, MaximumEventAgeInSeconds }: ConfigInput, destinations: Destinations): EventConfig => ({
  ...destinations,
  ...(MaximumRetryAttempts === undefined ? {} : { maximumRetryAttempts: MaximumRetryAttempts }),
  ...(MaximumEventAgeInSeconds === undefined ? {} : { maximumEventAgeInSeconds: MaximumEventAgeInSeconds }),
});

/** AWS tells both destinations, those that are not set as empty. */
const describe = ({ account, region, name, qualifier, lastModified, config }: EventConfigRecord): FunctionEventInvokeConfig => ({
  LastModified: new Date(lastModified),
  FunctionArn: functionArn({ account, region }, name, qualifier),
  ...(config.maximumRetryAttempts === undefined ? {} : { MaximumRetryAttempts: config.maximumRetryAttempts }),
  ...(config.maximumEventAgeInSeconds === undefined ? {} : { MaximumEventAgeInSeconds: config.maximumEventAgeInSeconds }),
  DestinationConfig: {
    OnSuccess: config.onSuccess === undefined ? {} : { Destination: config.onSuccess },
    OnFailure: config.onFailure === undefined ? {} : { Destination: config.onFailure },
  },
});

const notConfigured = ({ account, region, name, qualifier }: FunctionName) =>
  notFound(`The function ${functionArn({ account, region }, name, qualifier ?? LATEST)} doesn't have an EventInvokeConfig`);

const requireSomething = ({ MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig }: ConfigInput) => {
  if (MaximumRetryAttempts === undefined && MaximumEventAgeInSeconds === undefined && DestinationConfig === undefined) throw invalid("You must specify at least one of error handling or destination setting.");
};

/** The function, by a qualifier that it has; these operations have a text of their own for one that is not there. */
function* lookUp(at: FunctionName): Operation<FunctionRecord> {
  try {
    return yield* getFunction(at, at.name, at.qualifier);
  } catch (error) {
    throw isApiError(error, "ResourceNotFoundException") ? notFound("The function doesn't exist.") : error;
  }
}

/** How a function's asynchronous events are treated, and who is told of their end. */
export const eventInvokeConfigHandlers = (lambda: LambdaNeeds) => {
  const { store, clock } = lambda;
  const checkDestinations = createCheckDestinations(lambda);

  const requireConfig = async (at: FunctionName): Promise<EventConfigRecord> => {
    const found = await store.run(() => findEventConfig(at, at.qualifier));
    if (found === undefined) throw notConfigured(at);
    return found;
  };
  function* write(at: FunctionName, config: EventConfig): Operation<EventConfigRecord> {
    yield* lookUp(at);
    const rows = yield* sql(
      `insert into lambda_event_invoke_config (account, region, name, qualifier, configuration, last_modified) values (?, ?, ?, ?, ?, ?)
       on conflict (account, region, name, qualifier) do update set configuration = excluded.configuration, last_modified = excluded.last_modified returning *`,
      at.account, at.region, at.name, at.qualifier ?? LATEST, JSON.stringify(config), clock.now(),
    );
    return toEventConfig(rows[0]!);
  }
  const check = async (at: FunctionName, input: ConfigInput, context: RequestContext): Promise<Destinations> => {
    const record = await store.run(() => lookUp(at));
    return checkDestinations(record, input.DestinationConfig, context);
  };

  return {
    async PutFunctionEventInvokeConfig(input, context) {
      requireSomething(input);
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const destinations = await check(at, input, context);
      return describe(await store.run(() => write(at, toConfig(input, destinations))));
    },

    async UpdateFunctionEventInvokeConfig(input, context) {
      requireSomething(input);
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const destinations = await check(at, input, context);
      const updated = await store.run(function* () {
        const before = yield* findEventConfig(at, at.qualifier);
        if (before === undefined) throw notConfigured(at);
        const { onSuccess: _onSuccess, onFailure: _onFailure, ...kept } = before.config;
        return yield* write(at, { ...(input.DestinationConfig === undefined ? before.config : kept), ...toConfig(input, destinations) });
      });
      return describe(updated);
    },

    async GetFunctionEventInvokeConfig(input, context) {
      return describe(await requireConfig(parseFunctionName(input.FunctionName!, context, input.Qualifier)));
    },

    async DeleteFunctionEventInvokeConfig(input, context) {
      const at = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      await store.run(function* () {
        if (!(yield* deleteConfiguration("lambda_event_invoke_config", at, at.qualifier))) throw notConfigured(at);
      });
    },

    async ListFunctionEventInvokeConfigs(input, context) {
      const at = parseFunctionName(input.FunctionName!, context);
      const most = Math.min(input.MaxItems ?? EVENT_INVOKE_CONFIGS_PAGE_MAX, EVENT_INVOKE_CONFIGS_PAGE_MAX);
      const after = readMarker(input.Marker) ?? "";
      const rows = await store.run(function* () {
        yield* lookUp(at);
        return yield* listConfigurations("lambda_event_invoke_config", at, after, most + 1);
      });
      const { page, next } = cutPage(rows.map(toEventConfig), most, ({ qualifier }) => qualifier);
      return { FunctionEventInvokeConfigs: page.map(describe), ...next };
    },
  } satisfies LambdaHandlers;
};
