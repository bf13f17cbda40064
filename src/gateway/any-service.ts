import type { Permission, RequestContext, Service } from "../services/service.ts";

type Handler = (input: unknown, context: RequestContext) => unknown;

/** A service as the gateway sees it, which knows no service's types: the protocol layer vouches for input and output. */
export interface AnyService {
  handlers: Readonly<Record<string, Handler | undefined>>;
  permissions: Readonly<Record<string, ((input: unknown, context: RequestContext) => Permission[] | Promise<Permission[]>) | undefined>>;
  check?: Service<never>["check"];
  resourcePolicy?: Service<never>["resourcePolicy"];
  ledgerKeys?: Service<never>["ledgerKeys"];
}
