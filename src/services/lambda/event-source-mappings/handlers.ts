import { parseArn } from "../../../kit/arn.ts";
import { MAPPINGS_PAGE_MAX } from "../../../kit/limits/mappings.ts";
import { findMapping, forgetDeletedMappings, listMappings, saveMapping, stateOf, type EventSourceMapping, type Transition } from "../../../plumber/event-source-mapping/mapping.ts";
import type { Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { invalid } from "../errors.ts";
import { findFunction, getFunction, type FunctionRecord } from "../functions/state.ts";
import { checkTags } from "../functions/tags.ts";
import { refuseForTenants } from "../invocation/tenancy.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { findQualified } from "../versions/qualifiers.ts";
import { checkQueue } from "./check-queue.ts";
import { describe } from "./describe.ts";
import { mappingExists, mappingInUse, mappingNotFound } from "./errors.ts";
import { applySettings } from "./settings.ts";
import { isFifo, queueOf } from "./sources.ts";

const SETTLED = new Set(["Enabled", "Disabled"]);

/** What reads a source and invokes a function with what it finds. */
export const eventSourceMappingHandlers = ({ store, call, mappings, clock, random, settleMs }: LambdaParts) => {
  const tell = (mapping: EventSourceMapping, now = clock.now()) => describe(mapping, now, mappings.lastProcessingResult(mapping.uuid));
  /** A change is answered as it begins, however long the answer took. */
  const tellBegun = (mapping: EventSourceMapping) => tell(mapping, mapping.lastModified);

  /** The function of this account, or its version or alias, that is to be invoked. */
  function* getTarget(at: FunctionName, { account }: RequestContext): Operation<FunctionRecord> {
    const latest = at.account === account ? yield* findFunction(at, at.name) : undefined;
    const found = latest === undefined || at.qualifier === undefined ? latest : yield* findQualified(latest, at.qualifier);
    if (found === undefined) throw invalid("Function does not exist");
    refuseForTenants(found, "Event source mapping");
    return found;
  }
  const refuseAboveReserved = ({ reservedConcurrency: reserved = Infinity }: FunctionRecord, { settings: { maximumConcurrency: most = 0 } }: EventSourceMapping): void => {
    if (most > reserved) throw invalid(`MaximumConcurrency: ${most} is greater than Function Reserved Concurrency: ${reserved}`);
  };
  function* getMapping(uuid: string, { account, region }: RequestContext): Operation<EventSourceMapping> {
    const found = yield* findMapping(uuid, clock.now());
    if (found?.account !== account || found.region !== region) throw mappingNotFound();
    return found;
  }
  function* refuseSecond({ account, region, uuid, sourceArn, functionName, qualifier }: EventSourceMapping): Operation<void> {
    const same = yield* listMappings({ account, region, sourceArn, of: { functionName, qualifier }, after: "", most: 2 }, clock.now());
    const other = same.find((mapping) => mapping.uuid !== uuid);
    if (other !== undefined) throw mappingExists(other);
  }
  const changed = (mapping: EventSourceMapping, transition: Transition): EventSourceMapping => ({ ...mapping, transition, settlesAt: clock.now() + settleMs, lastModified: clock.now() });

  /** Throws while another change of it is under way. */
  function* getSettled(uuid: string, what: string, context: RequestContext): Operation<EventSourceMapping> {
    const found = yield* getMapping(uuid, context);
    if (!SETTLED.has(stateOf(found, clock.now()))) throw mappingInUse(what);
    return found;
  }

  return {
    async CreateEventSourceMapping(input, context) {
      const queue = queueOf(input, context);
      const settings = applySettings(input, isFifo(queue));
      const tags = checkTags(input.Tags ?? {});
      const at = parseFunctionName(input.FunctionName!, context);
      const mapping: EventSourceMapping = changed({
        uuid: random.uuid(), account: context.account, region: context.region, sourceArn: input.EventSourceArn!, functionName: at.name, ...(at.qualifier === undefined ? {} : { qualifier: at.qualifier }),
        isEnabled: input.Enabled ?? true, transition: "Creating", settlesAt: 0, lastModified: 0, settings, tags,
      }, "Creating");
      const target = await store.read(function* () {
        const found = yield* getTarget(at, context);
        refuseAboveReserved(found, mapping);
        yield* refuseSecond(mapping);
        return found;
      });
      await checkQueue({ call }, target, queue, context);
      await store.run(function* () {
        yield* forgetDeletedMappings(clock.now());
        yield* refuseSecond(mapping);
        yield* saveMapping(mapping);
      });
      await mappings.changed(mapping.uuid);
      return tellBegun(mapping);
    },

    async GetEventSourceMapping(input, context) {
      return tell(await store.read(() => getMapping(input.UUID!, context)));
    },

    async UpdateEventSourceMapping(input, context) {
      const { UUID, FunctionName, ...given } = input;
      const at = FunctionName === undefined ? undefined : parseFunctionName(FunctionName, context);
      const plan = function* (): Operation<{ mapping: EventSourceMapping; target: FunctionRecord | undefined }> {
        const before = yield* getSettled(UUID!, "update", context);
        const { qualifier: _before, ...rest } = before;
        const settings = applySettings(given, isFifo(parseArn(before.sourceArn)!), before.settings);
        const isEnabled = input.Enabled ?? before.isEnabled;
        const named = at === undefined ? before : { ...rest, functionName: at.name, ...(at.qualifier === undefined ? {} : { qualifier: at.qualifier }) };
        const mapping = changed({ ...named, settings, isEnabled }, isEnabled === before.isEnabled ? "Updating" : isEnabled ? "Enabling" : "Disabling");
        const target = at === undefined ? undefined : yield* getTarget(at, context);
        const invoked = target ?? (given.ScalingConfig === undefined ? undefined : yield* findFunction(mapping, mapping.functionName));
        if (invoked !== undefined) refuseAboveReserved(invoked, mapping);
        yield* refuseSecond(mapping);
        return { mapping, target };
      };
      const { mapping: planned, target } = await store.read(plan);
      if (target !== undefined) await checkQueue({ call }, target, parseArn(planned.sourceArn)!, context);
      const mapping = await store.run(function* () {
        const { mapping: now } = yield* plan();
        yield* saveMapping(now);
        return now;
      });
      await mappings.changed(mapping.uuid);
      return tellBegun(mapping);
    },

    async DeleteEventSourceMapping(input, context) {
      const mapping = await store.run(function* () {
        const now = changed(yield* getSettled(input.UUID!, "delete", context), "Deleting");
        yield* forgetDeletedMappings(clock.now());
        yield* saveMapping(now);
        return now;
      });
      await mappings.changed(mapping.uuid);
      return tellBegun(mapping);
    },

    async ListEventSourceMappings(input, context) {
      const at = input.FunctionName === undefined ? undefined : parseFunctionName(input.FunctionName, context);
      const most = Math.min(input.MaxItems ?? MAPPINGS_PAGE_MAX, MAPPINGS_PAGE_MAX);
      const found = await store.read(function* () {
        if (at !== undefined) yield* getFunction(at, at.name, at.qualifier);
        return yield* listMappings({ account: context.account, region: context.region, sourceArn: input.EventSourceArn, of: at && { functionName: at.name, qualifier: at.qualifier }, after: readMarker(input.Marker) ?? "", most: most + 1 }, clock.now());
      });
      const { page, next } = cutPage(found, most, ({ uuid }) => uuid);
      return { EventSourceMappings: page.map((mapping) => tell(mapping)), ...next };
    },
  } satisfies LambdaHandlers;
};
