import { isApiError } from "../../kit/api-error.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import { createServiceRoles } from "../roles.ts";
import type { Identity } from "../event-source-mapping/source.ts";
import { pipeArn, type Pipe } from "./pipe.ts";
import { roleRefused } from "./pipe-failure.ts";

/** A session's name, within the lengths that STS allows. */
const sessionNameOf = (name: string): string => name.slice(0, 64).padEnd(2, "_");

/** The role of a pipe, as EventBridge Pipes takes it on: its trust policy is asked, with the pipe as `aws:SourceArn`. `callerOf` rejects with PipeFailure. */
export const createPipeIdentity = ({ call, wall, name }: { call: Call; wall: Clock; name: string }): Identity<Pipe> => {
  const begin = () => createServiceRoles({ call, wall, principal: "pipes.amazonaws.com", sessionName: sessionNameOf(name) });
  let roles = begin();
  return {
    async callerOf(pipe) {
      const { account, region, body: { roleArn } } = pipe;
      try {
        return (await roles({ account, region, sourceArn: pipeArn(pipe) }, roleArn)).caller;
      } catch (error) {
        throw isApiError(error) ? roleRefused(roleArn, error) : error;
      }
    },
    forget: () => void (roles = begin()),
  };
};
