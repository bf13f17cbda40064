import { describe, expect, it } from "vitest";
import { zoneIdOf } from "../../src/executor/metadata-api.ts";
import { isolations } from "../support/isolation.ts";
import { startFunction } from "./ground.ts";

/** Asks for what it is told, at its own endpoint; without a token of the test's with its own. */
const APP = `
export const handler = async ({ path = "/2026-01-15/metadata/execution-environment", method = "GET", authorization, isBare }) => {
  const { AWS_LAMBDA_METADATA_API: api, AWS_LAMBDA_METADATA_TOKEN: token, AWS_LAMBDA_RUNTIME_API } = process.env;
  const headers = isBare ? {} : { Authorization: authorization ?? "Bearer " + token };
  const answer = await fetch("http://" + api + path, { method, headers });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get("content-type"), cache: answer.headers.get("cache-control"), body: text === "" ? undefined : JSON.parse(text), token, isRuntimeApi: api === AWS_LAMBDA_RUNTIME_API };
};
`;
const start = (over: object = {}, ground: object = {}) => startFunction({ "app.mjs": APP }, { runtime: "nodejs24.x", ...over }, ground);

describe("V3 the metadata endpoint", () => {
  it.each(isolations)("tells the environment's zone, as AWS does, under %s", async (isolation) => {
    const { invoke } = await start({}, { isolation });
    const first = (await invoke({})).json as { token: string };
    expect(first).toMatchObject({ status: 200, type: "application/json", cache: "private, max-age=43200, immutable", body: { AvailabilityZoneID: "use1-az1" }, isRuntimeApi: true });
    expect(first.token).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await invoke({})).json).toEqual(first);
  });

  it("is of the function's region", async () => {
    expect((await (await start({ region: "eu-west-1" })).invoke({})).json).toMatchObject({ body: { AvailabilityZoneID: "euw1-az1" } });
  });

  it("is there for its own environment alone", async () => {
    const [one, other] = [await start(), await start()];
    const { token } = (await one.invoke({})).json as { token: string };
    expect((await other.invoke({ authorization: `Bearer ${token}` })).json).toMatchObject({ status: 401, body: { errorType: "Unauthorized" } });
    expect((await one.invoke({ authorization: `Bearer ${token}` })).json).toMatchObject({ status: 200 });
  });

  it("refuses everything else", async () => {
    const { invoke } = await start();
    const { token } = (await invoke({})).json as { token: string };
    const status = async (event: object) => ((await invoke(event)).json as { status: number }).status;
    for (const event of [{ isBare: true }, { authorization: token }, { authorization: "Bearer " }, { authorization: `Bearer ${token}x` }, { authorization: `bearer ${token}` }]) expect(await status(event)).toBe(401);
    for (const method of ["PUT", "POST", "DELETE", "HEAD"]) expect(await status({ method })).toBe(405);
    for (const path of ["/2026-01-15/metadata", "/2026-01-15/metadata/", "/2026-01-15/metadata/execution-environment/x", "/2026-01-16/metadata/execution-environment", "/latest/meta-data"]) expect(await status({ path })).toBe(404);
    // Nobody learns without a token what is there.
    expect(await status({ path: "/2026-01-15/metadata/other", isBare: true })).toBe(401);
  });

  it("keeps its token when the environment starts anew", async () => {
    const { invoke } = await startFunction({ "app.mjs": "export const handler = async ({ die }) => { if (die) process.exit(1); return process.env.AWS_LAMBDA_METADATA_TOKEN; };" }, { runtime: "nodejs24.x" });
    const { json } = await invoke({});
    await invoke({ die: true });
    expect((await invoke({})).json).toBe(json);
  });

  it("shortens regions as AWS does", () => {
    const zones = {
      "us-east-1": "use1", "us-east-2": "use2", "us-west-1": "usw1", "us-west-2": "usw2", "af-south-1": "afs1", "ap-east-1": "ape1", "ap-south-1": "aps1", "ap-south-2": "aps2", "ap-southeast-1": "apse1",
      "ap-southeast-5": "apse5", "ap-northeast-1": "apne1", "ap-northeast-3": "apne3", "ca-central-1": "cac1", "ca-west-1": "caw1", "eu-central-1": "euc1", "eu-west-3": "euw3", "eu-south-2": "eus2", "eu-north-1": "eun1",
      "il-central-1": "ilc1", "mx-central-1": "mxc1", "me-south-1": "mes1", "me-central-1": "mec1", "sa-east-1": "sae1", "us-gov-west-1": "usgw1", "us-gov-east-1": "usge1", "cn-north-1": "cnn1", "cn-northwest-1": "cnnw1",
    };
    expect(Object.fromEntries(Object.keys(zones).map((region) => [region, zoneIdOf(region)]))).toEqual(Object.fromEntries(Object.entries(zones).map(([region, zone]) => [region, `${zone}-az1`])));
  });
});
