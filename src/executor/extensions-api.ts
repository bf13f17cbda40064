import { EXTENSION_REQUEST_BYTES_MAX, EXTENSIONS_MAX } from "../kit/limits/runtime.ts";
import type { Extension, ExtensionEvent, Extensions, ExtensionState } from "./extensions.ts";
import { fault, readBody, reply, type LocalApi } from "./local-api.ts";
import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";

interface Needs {
  extensions: Extensions;
  about: { account: string; functionName: string; functionVersion: string; handler: string };
  /** It told that it cannot go on. Its program, where it has one of its own, ends by itself. */
  onError(extension: Extension): void;
  onRegistered(): void;
  /** Identifies one event that is handed out. */
  eventId(): string;
}

const BASE = "/2020-01-01/extension";
const IDENTIFIER = "lambda-extension-identifier";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const refuse = (response: LocalResponse, from: ExtensionState, to: string, who: string) =>
  fault(response, 403, "Extension.InvalidExtensionState", `State transition from ${from} to ${to} failed for extension ${who}. Error: State transition is not allowed`);

const headerOf = (request: LocalRequest, name: string): string => {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
};

/** Who asks; answered already when nobody that is known. */
export const callerOf = (request: LocalRequest, response: LocalResponse, extensions: Pick<Extensions, "byId">, unknown: (id: string) => string): Extension | undefined => {
  const id = headerOf(request, IDENTIFIER);
  if (id === "") return void fault(response, 403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
  if (!UUID.test(id)) return void fault(response, 403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
  const extension = extensions.byId(id);
  if (extension === undefined) return void fault(response, 403, "Extension.UnknownExtensionIdentifier", unknown(id));
  return extension;
};

interface Registration {
  events: readonly string[];
}

const readRegistration = (body: Buffer | undefined): Registration | { complaint: string } => {
  if (body === undefined) return { complaint: "the request is too long" };
  try {
    const { events = [], configurationKeys = [] } = JSON.parse(body.toString("utf8")) as { events?: unknown; configurationKeys?: unknown };
    if (Array.isArray(configurationKeys) && configurationKeys.length > 0) return { complaint: "configurationKeys are deprecated; use environment variables instead" };
    if (events === null) return { events: [] };
    if (Array.isArray(events) && events.every((event) => typeof event === "string")) return { events };
    return { complaint: "events should be an array of strings" };
  } catch (error) {
    return { complaint: (error as Error).message };
  }
};

/** Why an event cannot be registered for. */
const complaintAbout = (event: string, isExternal: boolean): string | undefined => {
  if (event === "INVOKE" || (event === "SHUTDOWN" && isExternal)) return undefined;
  return `${event}: ${event === "SHUTDOWN" ? "ShutdownEventNotSupportedForInternalExtension" : "ErrorInvalidEventType"}`;
};

/**
 * The Extensions API of one run, on the listener of its Runtime API. Source: "Using the Lambda Extensions API"; states and refusals as AWS's runtime interface
 * emulator has them.
 */
export const createExtensionsApi = ({ extensions, about, onError, onRegistered, eventId }: Needs): LocalApi => {
  const { account, ...facts } = about;
  const accept = (extension: Extension, events: readonly string[], request: LocalRequest, response: LocalResponse) => {
    extension.state = "Registered";
    extension.events = [...new Set(events)] as ExtensionEvent[];
    const isAccountAsked = headerOf(request, "lambda-extension-accept-feature").split(",").some((feature) => feature.trim() === "accountId");
    reply(response, 200, { ...facts, ...(isAccountAsked ? { accountId: account } : {}) }, { "Lambda-Extension-Identifier": extension.id });
    onRegistered();
  };
  /** A name that is no program's is an internal extension's. */
  const registerInternal = (name: string, events: readonly string[], request: LocalRequest, response: LocalResponse) => {
    if (extensions.isRegistrationClosed) return fault(response, 403, "Extension.RegistrationClosed", "Extension registration closed already");
    if (extensions.byName(name) !== undefined) return fault(response, 403, "Extension.InvalidExtensionState", "Extension with this name already registered");
    if (extensions.all.length >= EXTENSIONS_MAX) return fault(response, 403, "Extension.TooManyExtensions", `Extension limit (${EXTENSIONS_MAX}) reached`);
    accept(extensions.add(name, false), events, request, response);
  };
  const register = async (request: LocalRequest, response: LocalResponse) => {
    const name = headerOf(request, "lambda-extension-name");
    const registration = readRegistration(await readBody(request, EXTENSION_REQUEST_BYTES_MAX));
    if (name === "") return fault(response, 403, "Extension.InvalidExtensionName", "Empty extension name");
    if ("complaint" in registration) return fault(response, 403, "InvalidRequestFormat", registration.complaint);
    const external = extensions.all.find((one) => one.isExternal && one.name === name);
    const complaint = registration.events.map((event) => complaintAbout(event, external !== undefined)).find((text) => text !== undefined);
    if (complaint !== undefined) return fault(response, 403, "Extension.InvalidEventType", complaint);
    if (external === undefined) return registerInternal(name, registration.events, request, response);
    if (external.state !== "Started") return refuse(response, external.state, "Registered", name);
    accept(external, registration.events, request, response);
  };

  const next = (request: LocalRequest, response: LocalResponse) => {
    request.resume();
    const extension = callerOf(request, response, extensions, (id) => `Unknown extension ${id}`);
    if (extension === undefined) return;
    // Ready again is who lost the connection that waited.
    const mayAsk = extension.state === "Registered" || extension.state === "Running" || (extension.state === "Ready" && extension.waiting === undefined);
    if (!mayAsk) return refuse(response, extension.state, "Ready", extension.id);
    const give = (event: string) => void response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(event), "Lambda-Extension-Identifier": extension.id, "Lambda-Extension-Event-Identifier": eventId() }).end(event);
    response.once("close", () => {
      if (extension.waiting === give) extension.waiting = undefined;
    });
    extensions.ask(extension, give);
  };

  const FROM: Readonly<Record<"InitError" | "ExitError", readonly ExtensionState[]>> = { InitError: ["Registered", "InitError"], ExitError: ["Registered", "Ready", "Running", "ExitError"] };
  const fail = async (request: LocalRequest, response: LocalResponse, to: "InitError" | "ExitError") => {
    await readBody(request, EXTENSION_REQUEST_BYTES_MAX);
    const extension = callerOf(request, response, extensions, () => "Unknown Lambda-Extension-Identifier");
    if (extension === undefined) return;
    const errorType = headerOf(request, "lambda-extension-function-error-type");
    if (errorType === "") return fault(response, 403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
    if (!FROM[to].includes(extension.state)) return refuse(response, extension.state, to === "InitError" ? "InitError" : "Exited", extension.id);
    // Of several the first one counts.
    if (extension.state !== to) Object.assign(extension, { state: to, errorType });
    reply(response, 202, { status: "OK" });
    onError(extension);
  };

  return (request, response) => {
    const { method, url } = request;
    const gone = () => void response.destroy();
    if (method === "POST" && url === `${BASE}/register`) void register(request, response).catch(gone);
    else if (method === "GET" && url === `${BASE}/event/next`) next(request, response);
    else if (method === "POST" && url === `${BASE}/init/error`) void fail(request, response, "InitError").catch(gone);
    else if (method === "POST" && url === `${BASE}/exit/error`) void fail(request, response, "ExitError").catch(gone);
    else return false;
    return true;
  };
};
