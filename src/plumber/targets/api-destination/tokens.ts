import type { Clock } from "../../../kit/clock.ts";
import { OAUTH_TOKEN_SPARE_MS, OAUTH_TOKENS_MAX } from "../../../kit/limits/events.ts";
import type { ConnectionAuth, StoredConnection } from "../../events/connections.ts";
import { fetchToken } from "../../events/oauth-token.ts";

interface Kept {
  revision: number;
  authorization: Promise<string>;
  /** Real time; tokens of servers that do not say hold until they are refused. */
  expiresAt: number;
}

/** Access tokens of connections, each until shortly before its end ("EventBridge refreshes OAuth tokens … proactively … if the token expires within 60 seconds"). */
export const createTokens = ({ wall }: { wall: Clock }) => {
  const kept = new Map<string, Kept>();

  const begin = (id: string, revision: number, oauth: NonNullable<ConnectionAuth["OAuthParameters"]>): Kept => {
    const made: Kept = { revision, expiresAt: Infinity, authorization: Promise.resolve("") };
    made.authorization = fetchToken(oauth).then(({ authorization, expiresInSeconds }) => {
      if (expiresInSeconds !== undefined) made.expiresAt = wall.now() + expiresInSeconds * 1_000 - OAUTH_TOKEN_SPARE_MS;
      return authorization;
    });
    made.authorization.catch(() => void (kept.get(id) === made && kept.delete(id)));
    kept.delete(id);
    if (kept.size >= OAUTH_TOKENS_MAX) kept.delete(kept.keys().next().value!);
    kept.set(id, made);
    return made;
  };

  return {
    /** The `Authorization` header of the connection. Rejects with NoToken. Whoever comes while it is asked for waits for the same. */
    async of({ id, revision }: StoredConnection, oauth: NonNullable<ConnectionAuth["OAuthParameters"]>): Promise<string> {
      const known = kept.get(id);
      if (known !== undefined && known.revision === revision && known.expiresAt > wall.now()) return known.authorization;
      return begin(id, revision, oauth).authorization;
    },
    /** It was refused: the next try gets another one. */
    async forget({ id }: StoredConnection, refused: string): Promise<void> {
      const known = kept.get(id);
      if (known !== undefined && (await known.authorization.catch(() => refused)) === refused && kept.get(id) === known) kept.delete(id);
    },
  };
};

export type Tokens = ReturnType<typeof createTokens>;
