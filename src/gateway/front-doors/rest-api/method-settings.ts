import type { MethodSetting } from "@aws-sdk/client-api-gateway";
import type { Exchange } from "./exchange.ts";

/** `pets/GET`, `~1pets~1{id}/GET`: however it is written, `/pets/{id}/GET`. That of a whole stage has two stars. */
export const settingPath = (key: string): string => {
  const path = key.replaceAll("~1", "/");
  return path.startsWith("/") || path === "*/*" ? path : `/${path}`;
};

/** Of the method, over those of the whole stage. A root resource's is `//GET`. */
export const methodSettingOf = ({ serving, resource, request }: Pick<Exchange, "serving" | "resource" | "request">): MethodSetting => {
  if (resource === undefined) return {};
  const wanted = `${resource.path}/${request.method}`;
  const found = (path: string) => Object.entries(serving.methodSettings).find(([key]) => settingPath(key) === path)?.[1];
  return { ...found("*/*"), ...found(wanted) };
};
