import type { ConnectionAuthorizationType } from "@aws-sdk/client-eventbridge";
import { seal } from "../../iam/seal.ts";
import { EVENT_CONNECTIONS_MAX } from "../../kit/limits/events.ts";
import { connectionArn, findConnection, openAuth, showAuth, type ConnectionAuth, type StoredConnection } from "../../plumber/events/connections.ts";
import { countItems, deleteItem, listItems, saveItem, type EventItem, type Place } from "../../plumber/events/rows.ts";
import type { Operation } from "../../store/store.ts";
import { createAuthorizing } from "./authorizing.ts";
import { mergeAuth, refuseNotBuilt } from "./connection-rules.ts";
import { alreadyExists, limitExceeded, notFound } from "./errors.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";

type Record = EventItem<StoredConnection>;

/** Throws ResourceNotFoundException. */
export function* getConnection(place: Place, name: string): Operation<Record> {
  const found = yield* findConnection(place, name);
  if (found === undefined) throw notFound(`Failed to describe the connection(s). Connection '${name}' does not exist.`);
  return found;
}

const time = (at: number | undefined): Date | undefined => (at === undefined ? undefined : new Date(at));

/** What every answer tells. */
const showState = (record: Record) => ({
  ConnectionArn: connectionArn(record, record.name, record.body.id),
  ConnectionState: record.body.state,
  CreationTime: time(record.body.createdAt),
  LastModifiedTime: time(record.body.modifiedAt),
  LastAuthorizedTime: time(record.body.authorizedAt),
});

const showConnection = (record: Record) => ({ Name: record.name, StateReason: record.body.stateReason, AuthorizationType: record.body.authorizationType, ...showState(record) });

const SECRET_SUFFIX_LETTERS = 6;
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

export const connectionHandlers = ({ store, clock, random, sessionKey, log }: EventsParts) => {
  const authorizing = createAuthorizing({ store, clock, sessionKey, log });
  const begun = (record: Record): Record => {
    authorizing.begin(record);
    return record;
  };
  const newSecretArn = ({ account, region }: Place, name: string): string =>
    `arn:aws:secretsmanager:${region}:${account}:secret:events!connection/${name}/${random.uuid()}-${Array.from({ length: SECRET_SUFFIX_LETTERS }, () => LETTERS[random.below(LETTERS.length)]).join("")}`;
  /** What belongs to parameters: with OAuth they have to prove themselves first. */
  const authorizedBy = (type: ConnectionAuthorizationType, auth: ConnectionAuth): Pick<StoredConnection, "authorizationType" | "state" | "sealedAuth" | "authorizedAt"> => ({
    authorizationType: type,
    sealedAuth: seal(sessionKey, auth, random),
    ...(type === "OAUTH_CLIENT_CREDENTIALS" ? { state: "AUTHORIZING" } : { state: "AUTHORIZED", authorizedAt: clock.now() }),
  });
  function* save(record: Record): Operation<Record> {
    yield* saveItem(record, "connection");
    return record;
  }

  return {
    async CreateConnection({ Name, Description, AuthorizationType, AuthParameters, ...input }, context) {
      const { account, region } = context;
      refuseNotBuilt({ AuthParameters, ...input });
      const auth = mergeAuth(AuthorizationType!, undefined, AuthParameters);
      const [id, secretArn, now] = [random.uuid(), newSecretArn(context, Name!), clock.now()];
      const body: StoredConnection = { id, ...(Description === undefined ? {} : { description: Description }), ...authorizedBy(AuthorizationType!, auth), secretArn, revision: 1, createdAt: now, modifiedAt: now };
      const record = await store.run(function* () {
        if ((yield* findConnection(context, Name!)) !== undefined) throw alreadyExists(`Connection ${Name} already exists.`);
        if ((yield* countItems(context, "connection")) >= EVENT_CONNECTIONS_MAX) throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        return yield* save({ account, region, name: Name!, body });
      });
      return showState(begun(record));
    },

    async UpdateConnection({ Name, Description, AuthorizationType, AuthParameters, ...input }, context) {
      refuseNotBuilt({ AuthParameters, ...input });
      const [newSecret, now] = [newSecretArn(context, Name!), clock.now()];
      const record = await store.run(function* () {
        const found = yield* getConnection(context, Name!);
        const { stateReason: _reason, authorizedAt, ...before } = found.body;
        const type = AuthorizationType ?? before.authorizationType;
        const auth = mergeAuth(type, openAuth(before, sessionKey), AuthParameters);
        const body: StoredConnection = {
          ...before, ...(authorizedAt === undefined ? {} : { authorizedAt }), ...(Description === undefined ? {} : { description: Description }),
          ...authorizedBy(type, auth), secretArn: before.secretArn ?? newSecret, revision: before.revision + 1, modifiedAt: now,
        };
        return yield* save({ ...found, body });
      });
      return showState(begun(record));
    },

    async DescribeConnection({ Name }, context) {
      const record = begun(await store.read(() => getConnection(context, Name!)));
      const auth = openAuth(record.body, sessionKey);
      return { ...showConnection(record), Description: record.body.description, SecretArn: record.body.secretArn, AuthParameters: auth && showAuth(auth) };
    },

    /** Its parameters are forgotten; it goes on under its name until it is given others. */
    async DeauthorizeConnection({ Name }, context) {
      const record = await store.run(function* () {
        const found = yield* getConnection(context, Name!);
        const { sealedAuth: _auth, secretArn: _secret, stateReason: _reason, ...rest } = found.body;
        return yield* save({ ...found, body: { ...rest, state: "DEAUTHORIZED", revision: rest.revision + 1, modifiedAt: clock.now() } });
      });
      return showState(record);
    },

    /** API destinations that go by it are INACTIVE from then on. */
    async DeleteConnection({ Name }, context) {
      const record = await store.run(function* () {
        const found = yield* getConnection(context, Name!);
        yield* deleteItem(context, "connection", Name!);
        return found;
      });
      return { ...showState(record), ConnectionState: "DELETING" as const };
    },

    async ListConnections({ NamePrefix: prefix = "", ConnectionState, ...input }, context) {
      const page = readPage("ListConnections", input);
      const found = await store.read(() => listItems<StoredConnection>(context, "connection", { prefix, after: page.after, most: page.most + 1, having: { state: ConnectionState } }));
      const { rows, ...more } = cutPage("ListConnections", found, page, ({ name }) => name);
      return { Connections: rows.map((record) => showConnection(begun(record))), ...more };
    },
  } satisfies EventsHandlers;
};
