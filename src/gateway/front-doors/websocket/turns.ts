import type { FrontDoorNeeds } from "../needs.ts";
import { createStageThrottle } from "../stage-throttle.ts";
import { WEBSOCKET_MESSAGE_BYTES_MAX } from "../../../kit/limits/apis.ts";
import { createAuthorize } from "./authorizers/authorize.ts";
import type { IntegrationAnswer } from "./integrations/integration.ts";
import { createIntegrate } from "./integrations/integrate.ts";
import { createInvokeFunction } from "./invoke-function.ts";
import { Refused } from "./refusals.ts";
import type { Report } from "./report.ts";
import { CONNECT, DISCONNECT } from "./selection.ts";
import type { Routed, Turn } from "./turn.ts";

const isRouted = (turn: Turn): turn is Routed => turn.route !== undefined;

/** What one turn of a connection goes through: throttle → authorizer → integration. Whatever happens is told in the report, and to nobody else what it was. */
export const createTurns = (needs: FrontDoorNeeds, report: Report) => {
  const { clock, log } = needs;
  const invoke = createInvokeFunction(needs);
  const authorize = createAuthorize(needs, invoke);
  const integrate = createIntegrate(needs, invoke);
  const mayPass = createStageThrottle(clock);

  const throttled = () => new Refused("tooMany", "the stage, the route or the account has had as much as its throttle lets through");

  const refusedOf = (turn: Turn, error: unknown): Refused => {
    if (error instanceof Refused) return error;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error("a turn of a WebSocket failed inside lambdad", { apiId: turn.connection.apiId, requestId: turn.requestId, error: text });
    return new Refused("failed", error instanceof Error ? error.message : String(error));
  };

  return {
    /** Whether a client is let in: the status says so. Resolves to a refusal where it is the gateway's. */
    async connect(turn: Turn): Promise<IntegrationAnswer | Refused> {
      try {
        if (!mayPass(turn.served, CONNECT)) throw throttled();
        if (!isRouted(turn)) return { status: 200 };
        await authorize(turn, turn.handshake!);
        return await integrate(turn);
      } catch (error) {
        return refusedOf(turn, error);
      }
    },

    /** The text that goes back to the client, if there is one: an answer, or what has become of the message. */
    async message(turn: Turn): Promise<string | undefined> {
      const { connection, requestId } = turn;
      try {
        if (!isRouted(turn)) throw new Refused("forbidden", "no route is for it, and there is no $default");
        if (!mayPass(turn.served, turn.route.RouteKey)) throw throttled();
        const { status, body, isMapped } = await integrate(turn);
        if (status >= 500 && isMapped !== true) throw new Refused("badAnswer", `the integration answers ${status}`);
        const text = turn.route.isAnswered ? body : undefined;
        const bytes = text === undefined ? 0 : Buffer.byteLength(text);
        if (bytes > WEBSOCKET_MESSAGE_BYTES_MAX) throw new Refused("failed", `the answer has ${bytes} bytes, and a message ${WEBSOCKET_MESSAGE_BYTES_MAX} at most`);
        report.turn(turn, { status, bytes });
        return text;
      } catch (error) {
        const refused = refusedOf(turn, error);
        const text = JSON.stringify({ message: refused.text, connectionId: connection.id, requestId });
        report.turn(turn, { status: refused.status, bytes: text.length, refused });
        return text;
      }
    },

    /** Nobody hears of it. */
    async disconnect(turn: Turn): Promise<void> {
      if (!isRouted(turn) || turn.route.RouteKey !== DISCONNECT) return;
      try {
        const { status } = await integrate(turn);
        report.turn(turn, { status });
      } catch (error) {
        const refused = refusedOf(turn, error);
        report.turn(turn, { status: refused.status, refused });
      }
    },
  };
};
