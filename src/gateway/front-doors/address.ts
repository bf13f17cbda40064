import { routeHost } from "../hosts.ts";

/** An address of a user's own: behind it is a function, never an API of AWS. */
export interface FrontDoorAddress {
  kind: "function-url" | "api";
  /** The first label of its host name. */
  id: string;
  /** Below the address, percent-encoding kept. */
  path: string;
  /** False for the form that needs no name of its own: `/_aws/lambda-url/<id>/…`, `/_aws/execute-api/<id>/<stage>/…`. */
  isByHost: boolean;
}

const KINDS: Record<string, FrontDoorAddress["kind"] | undefined> = { "lambda-url": "function-url", "execute-api": "api" };

const BY_PATH = /^\/_aws\/(lambda-url|execute-api)\/([a-z0-9]+)(\/.*)?$/;

/** `<id>.lambda-url.<region>.<host>`, `<id>.execute-api[.<region>].<host>`; a bucket's name may look like the beginning of it. */
const byHost = (host: string): Pick<FrontDoorAddress, "kind" | "id"> | undefined => {
  const [id, label, ...rest] = host.split(".");
  const kind = KINDS[label ?? ""];
  return kind === undefined || rest.length === 0 || routeHost(host).bucket !== undefined ? undefined : { kind, id: id! };
};

/** Undefined when it is no address of a front door. */
export const frontDoorAddress = ({ host, path }: { host: string; path: string }): FrontDoorAddress | undefined => {
  const named = byHost(host);
  if (named !== undefined) return { ...named, path, isByHost: true };
  const [, label, id, below = "/"] = BY_PATH.exec(path) ?? [];
  return id === undefined ? undefined : { kind: KINDS[label!]!, id, path: below, isByHost: false };
};

/** `/@connections/<id>`, below a stage. */
const CONNECTION = /^\/@connections\/([^/]+)$/;

/** The connection that a request below a stage is about; undefined when it is about none. */
export const connectionIdOf = (path: string): string | undefined => {
  const id = CONNECTION.exec(path)?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return undefined;
  }
};

/** The same at the server's own address, with a stage in front or not: no bucket has such a name. */
export const managedConnection = ({ host, path }: { host: string; path: string }): string | undefined =>
  path.includes("/@connections/") && routeHost(host).bucket === undefined ? (connectionIdOf(path) ?? connectionIdOf(path.replace(/^\/[\w$-]+/, ""))) : undefined;
