import { validation } from "./errors.ts";

/** Of this machine alone: what is sent there in the clear is seen by nobody else. */
const LOOPBACK = /^(localhost|[^.]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An endpoint over HTTPS, or over HTTP on this machine, where a developer's backends are. @param parameter `InvocationEndpoint` */
export const checkEndpoint = (endpoint: string, parameter: string): void => {
  const url = URL.parse(endpoint);
  const isAllowed = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))) && url.username === "" && url.password === "" && !url.host.includes("*");
  if (!isAllowed) throw validation(`Parameter ${parameter} is not valid. Reason: Endpoint '${endpoint}' is not valid.`);
};
