import { hash } from "node:crypto";

const ID_CHARACTERS = 32;

/** 32 letters and digits that follow from what they stand for: a function that is made again has the address that it had. */
export const functionUrlId = ({ account, region, name, qualifier }: { account: string; region: string; name: string; qualifier: string }): string =>
  BigInt(`0x${hash("sha256", `${account} ${region} ${name} ${qualifier}`, "hex")}`).toString(36).padStart(ID_CHARACTERS, "0").slice(-ID_CHARACTERS);

/** Names that stand for this machine whatever is written before them. */
const BASES = ["localhost.localstack.cloud", "localhost"];
const ADDRESS = /^(\[.*\]|\d{1,3}(\.\d{1,3}){3})$/;

/** The name that a client called us, without what it said of a service and a region; an address has no names below it. */
const baseOf = (host: string): string => {
  if (ADDRESS.test(host)) return "localhost";
  if (host === "amazonaws.com" || host.endsWith(".amazonaws.com")) return "on.aws";
  return BASES.find((base) => host === base || host.endsWith(`.${base}`)) ?? host.replace(/^lambda(\.[a-z]{2}(-[a-z]+)+-\d)?\./, "");
};

/** @param endpoint What the client called us: its scheme and port are the address's too. */
export const functionUrl = ({ urlId, region }: { urlId: string; region: string }, endpoint: string): string => {
  const { protocol, hostname, port } = new URL(endpoint === "" ? "http://localhost" : endpoint);
  return `${protocol}//${urlId}.lambda-url.${region}.${baseOf(hostname)}${port === "" ? "" : `:${port}`}/`;
};
