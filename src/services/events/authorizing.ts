import { connectionArn, findConnection, openAuth, type StoredConnection } from "../../plumber/events/connections.ts";
import { fetchToken, NoToken } from "../../plumber/events/oauth-token.ts";
import { saveItem, type EventItem } from "../../plumber/events/rows.ts";
import type { EventsParts } from "./needs.ts";

type Record = EventItem<StoredConnection>;

const REASON_CHARACTERS_MAX = 512;

/**
 * Connections of the type OAUTH_CLIENT_CREDENTIALS while their first token is asked for. It goes on behind the request that made them; one that an earlier
 * process left behind is taken up by whoever looks at it.
 */
export const createAuthorizing = ({ store, clock, sessionKey, log }: Pick<EventsParts, "store" | "clock" | "sessionKey" | "log">) => {
  const underWay = new Map<string, Promise<void>>();

  const outcomeOf = async (connection: StoredConnection): Promise<Partial<StoredConnection>> => {
    const oauth = openAuth(connection, sessionKey)?.OAuthParameters;
    if (oauth === undefined) return { state: "DEAUTHORIZED", stateReason: "Its parameters cannot be read: they were sealed by another installation." };
    try {
      await fetchToken(oauth);
      return { state: "AUTHORIZED", authorizedAt: clock.now() };
    } catch (error) {
      if (!(error instanceof NoToken)) throw error;
      return { state: "DEAUTHORIZED", stateReason: `Authorization failed: ${error.message}`.slice(0, REASON_CHARACTERS_MAX) };
    }
  };

  const authorize = async (record: Record): Promise<void> => {
    const outcome = await outcomeOf(record.body);
    await store.run(function* () {
      const now = yield* findConnection(record, record.name);
      // It was changed meanwhile, and that is asked about by itself.
      if (now?.body.id !== record.body.id || now.body.revision !== record.body.revision || now.body.state !== "AUTHORIZING") return;
      yield* saveItem({ ...now, body: { ...now.body, ...outcome } }, "connection");
    });
  };

  return {
    /** Nothing for a connection in another state. */
    begin(record: Record): void {
      const key = `${connectionArn(record, record.name, record.body.id)} ${record.body.revision}`;
      if (record.body.state !== "AUTHORIZING" || underWay.has(key)) return;
      const asked = authorize(record)
        .catch((error: unknown) => log.error("a connection could not be authorized; it is tried again when it is looked at", { connection: record.name, error: String(error) }))
        .finally(() => underWay.delete(key));
      underWay.set(key, asked);
    },
  };
};
