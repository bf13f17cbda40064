import { PIPES_MAX } from "../../kit/limits/pipes.ts";
import { findPipe, forgetDeletedPipes, isToRun, listPipes, savePipe, stateOf, type Pipe, type PipeName, type StoredPipe } from "../../plumber/pipes/pipe.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { reasonToFail } from "./check-source.ts";
import { described, listed, showState } from "./describe.ts";
import { conflict, pipeNotFound, tooManyPipes } from "./errors.ts";
import type { PipesHandlers, PipesParts } from "./needs.ts";
import { cutPage } from "./pages.ts";
import { applySettings } from "./settings.ts";
import { checkTags } from "./tags.ts";

const CHANGING = new Set(["CREATING", "UPDATING", "DELETING", "STARTING", "STOPPING"]);

/** Pipes: made, changed, started, stopped and deleted. Each change takes a moment, as on AWS, and what comes of it is a state. */
export const pipeHandlers = (parts: PipesParts) => {
  const { store, clock, pipes, settleMs } = parts;
  const namedIn = (name: string | undefined, { account, region }: RequestContext): PipeName => ({ account, region, name: name! });

  function* getPipe(name: PipeName): Operation<Pipe> {
    const pipe = yield* findPipe(name, clock.now());
    if (pipe === undefined) throw pipeNotFound(name.name);
    return pipe;
  }
  /** Throws while another change of it is under way. */
  function* getSettled(name: PipeName, action: string): Operation<Pipe> {
    const pipe = yield* getPipe(name);
    const state = stateOf(pipe, clock.now());
    if (CHANGING.has(state)) throw conflict(pipe.name, `Pipe ${pipe.name} cannot be ${action} while it is ${state}.`);
    return pipe;
  }
  /** @param failed why it comes to nothing, and whether the pipe ran before */
  const changed = (body: StoredPipe, change: StoredPipe["change"], failed?: { failure: string; ranBefore: boolean }): StoredPipe => {
    const { failure: _failure, ranBefore: _ran, ...rest } = body;
    return { ...rest, change, settlesAt: clock.now() + settleMs, modifiedAt: clock.now(), ...failed };
  };
  const failing = (failure: string | undefined, before: Pipe | undefined) => (failure === undefined ? undefined : { failure, ranBefore: before !== undefined && isToRun(before) });
  const save = async (plan: () => Operation<Pipe>): Promise<ReturnType<typeof showState>> => {
    const pipe = await store.run(function* () {
      const now = yield* plan();
      yield* savePipe(now);
      return now;
    });
    await pipes.changed(pipe);
    // A change is answered as it begins, however long the answer took.
    return showState(pipe, pipe.body.modifiedAt);
  };

  return {
    async CreatePipe({ Name, Tags, DesiredState, ...given }, context) {
      const name = namedIn(Name, context);
      const now = clock.now();
      const settings = applySettings(given, undefined, context);
      const first: Pipe = { ...name, body: { ...settings, desiredState: DesiredState ?? "RUNNING", change: "CREATE", settlesAt: 0, tags: checkTags((Tags ?? {}) as Record<string, string>), createdAt: now, modifiedAt: now } };
      function* refuseSecond(): Operation<void> {
        if ((yield* findPipe(name, clock.now())) !== undefined) throw conflict(name.name, `Pipe ${name.name} already exists.`);
        if ((yield* listPipes(context, clock.now())).length >= PIPES_MAX) throw tooManyPipes(PIPES_MAX);
      }
      await store.read(refuseSecond);
      const failure = await reasonToFail(parts, first, context);
      return save(function* () {
        yield* forgetDeletedPipes(clock.now());
        yield* refuseSecond();
        return { ...first, body: { ...changed(first.body, "CREATE", failing(failure, undefined)), createdAt: clock.now() } };
      });
    },

    async UpdatePipe({ Name, DesiredState, ...given }, context) {
      const name = namedIn(Name, context);
      const plan = function* (): Operation<{ before: Pipe; after: Pipe }> {
        const before = yield* getSettled(name, "updated");
        const { description: _d, enrichment: _e, enrichmentParameters: _p, targetParameters: _t, logConfiguration: _l, ...rest } = before.body;
        const after = { ...before, body: { ...rest, ...applySettings(given, before.body, context), desiredState: DesiredState ?? before.body.desiredState } };
        return { before, after };
      };
      const planned = await store.read(plan);
      const failure = await reasonToFail(parts, planned.after, context);
      return save(function* () {
        const { before, after } = yield* plan();
        // What fails leaves it as it was.
        return failure === undefined ? { ...after, body: changed(after.body, "UPDATE") } : { ...before, body: changed(before.body, "UPDATE", failing(failure, before)) };
      });
    },

    async StartPipe({ Name }, context) {
      const name = namedIn(Name, context);
      const failure = await reasonToFail(parts, await store.read(() => getSettled(name, "started")), context);
      return save(function* () {
        const pipe = yield* getSettled(name, "started");
        return { ...pipe, body: changed({ ...pipe.body, desiredState: "RUNNING" }, "START", failing(failure, pipe)) };
      });
    },

    async StopPipe({ Name }, context) {
      return save(function* () {
        const pipe = yield* getSettled(namedIn(Name, context), "stopped");
        return { ...pipe, body: changed({ ...pipe.body, desiredState: "STOPPED" }, "STOP") };
      });
    },

    async DeletePipe({ Name }, context) {
      return save(function* () {
        const pipe = yield* getSettled(namedIn(Name, context), "deleted");
        return { ...pipe, body: changed({ ...pipe.body, desiredState: "DELETED" }, "DELETE") };
      });
    },

    async DescribePipe({ Name }, context) {
      const pipe = await store.read(() => getPipe(namedIn(Name, context)));
      return described(pipe, clock.now(), pipes.problemOf(pipe));
    },

    async ListPipes({ NamePrefix = "", SourcePrefix = "", TargetPrefix = "", DesiredState, CurrentState, ...page }, context) {
      const now = clock.now();
      const all = await store.read(() => listPipes(context, now));
      const found = all.filter((pipe) => {
        const { name, body } = pipe;
        const isNamed = name.startsWith(NamePrefix) && body.source.startsWith(SourcePrefix) && body.target.startsWith(TargetPrefix);
        return isNamed && (DesiredState === undefined || body.desiredState === DesiredState) && (CurrentState === undefined || stateOf(pipe, now) === CurrentState);
      });
      const { page: shown, ...next } = cutPage(found, page);
      return { Pipes: shown.map((pipe) => listed(pipe, now, pipes.problemOf(pipe))), ...next };
    },
  } satisfies PipesHandlers;
};
