import { badRequest } from "./errors.ts";

/** "Transforming API requests and responses for HTTP APIs": its reserved headers can be neither read nor changed. */
const RESERVED = /^(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers?|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via)$/i;
const REQUEST_KEY = /^(?:(append|overwrite|remove):(header|querystring)\.([^\s]+)|overwrite:path)$/;
const RESPONSE_KEY = /^(?:(append|overwrite|remove):header\.([^\s]+)|overwrite:statuscode)$/;

const invalid = (error: string) => badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${error}]`);

const checkHeader = (name: string | undefined) => {
  if (name !== undefined && RESERVED.test(name)) throw badRequest(`Operations on header ${name} are restricted`);
};

export const checkRequestParameters = (parameters: Record<string, string> | undefined): void => {
  for (const key of Object.keys(parameters ?? {})) {
    const [whole, , place, name] = REQUEST_KEY.exec(key) ?? [];
    if (whole === undefined) throw invalid(`Invalid Request Actioned Parameter destination specified: ${key}`);
    if (place === "header") checkHeader(name);
  }
};

export const checkResponseParameters = (parameters: Record<string, Record<string, string>> | undefined): void => {
  for (const [status, changes] of Object.entries(parameters ?? {})) {
    if (!/^[2-5]\d\d$/.test(status)) throw invalid(`Status Code ${status} is not valid.`);
    for (const key of Object.keys(changes)) {
      const [whole, , name] = RESPONSE_KEY.exec(key) ?? [];
      if (whole === undefined) throw invalid(`Invalid Response Actioned Parameter destination specified: ${key}`);
      checkHeader(name);
    }
  }
};
