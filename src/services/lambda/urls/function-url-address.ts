import { hash } from "node:crypto";
import { isSecureEndpoint, ownHost } from "../../../kit/own-address.ts";

const ID_CHARACTERS = 32;

/** 32 letters and digits that follow from what they stand for: a function that is made again has the address that it had. */
export const functionUrlId = ({ account, region, name, qualifier }: { account: string; region: string; name: string; qualifier: string }): string =>
  BigInt(`0x${hash("sha256", `${account} ${region} ${name} ${qualifier}`, "hex")}`).toString(36).padStart(ID_CHARACTERS, "0").slice(-ID_CHARACTERS);

/** @param endpoint What the client called us. */
export const functionUrl = ({ urlId, region }: { urlId: string; region: string }, endpoint: string): string =>
  `${isSecureEndpoint(endpoint) ? "https" : "http"}://${ownHost(`${urlId}.lambda-url.${region}`, "on.aws", endpoint)}/`;
