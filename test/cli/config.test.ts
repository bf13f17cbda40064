import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readClientConfig, readConfig, readConfigFile } from "../../src/cli/config.ts";
import { SETTINGS } from "../../src/cli/settings.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("readConfig", () => {
  it("has AWS-like defaults", () => {
    expect(readConfig({}, {})).toEqual({
      host: "127.0.0.1",
      port: 4566,
      dataDirectory: resolve(".lambdad"),
      isolation: "auto",
      network: "isolated",
      iam: "enforce",
      anyCredentials: false,
      strictRuntimes: false,
      runtimePaths: {},
      allowedHosts: [],
      defaultRegion: "us-east-1",
      cognitoEndpoint: undefined,
      queueUrls: "off",
      environmentIdleMs: undefined,
      prepareSdks: true,
      prepared: 3,
      searchPath: "",
      logLevel: "info",
      logFormat: "text",
      notices: { understood: [], ignored: [] },
    });
  });

  it("takes flags over variables over LocalStack's names over the file", () => {
    const file = { port: 1, iam: "soft", allowedHosts: ["a", "b"], runtimePaths: { "python3.12": "/usr/bin/python3" } };
    expect(readConfig({}, {}, file)).toMatchObject({ port: 1, iam: "soft", allowedHosts: ["a", "b"], runtimePaths: { "python3.12": "/usr/bin/python3" } });
    expect(readConfig({}, { EDGE_PORT: "2" }, file).port).toBe(2);
    expect(readConfig({}, { EDGE_PORT: "2", LAMBDAD_PORT: "3" }, file).port).toBe(3);
    expect(readConfig({ port: "4" }, { EDGE_PORT: "2", LAMBDAD_PORT: "3" }, file).port).toBe(4);
  });

  it.each([
    ["LAMBDAD_PORT", "0", { port: 0 }],
    ["LAMBDAD_HOST", "0.0.0.0", { host: "0.0.0.0" }],
    ["LAMBDAD_DATA_DIR", "/var/x", { dataDirectory: "/var/x" }],
    ["LAMBDAD_ISOLATION", "process", { isolation: "process" }],
    ["LAMBDAD_NETWORK", "host", { network: "host" }],
    ["LAMBDAD_IAM", "off", { iam: "off" }],
    ["LAMBDAD_ANY_CREDENTIALS", "1", { anyCredentials: true }],
    ["LAMBDAD_STRICT_RUNTIMES", "true", { strictRuntimes: true }],
    ["LAMBDAD_RUNTIME_PATHS", "python3.12=/a, nodejs22.x=/b", { runtimePaths: { "python3.12": "/a", "nodejs22.x": "/b" } }],
    ["LAMBDAD_ALLOWED_HOSTS", "lambdad, api.test", { allowedHosts: ["lambdad", "api.test"] }],
    ["LAMBDAD_DEFAULT_REGION", "eu-west-1", { defaultRegion: "eu-west-1" }],
    ["LAMBDAD_COGNITO_ENDPOINT", "http://localhost:9229/", { cognitoEndpoint: "http://localhost:9229" }],
    ["LAMBDAD_SQS_ENDPOINT_STRATEGY", "path", { queueUrls: "path" }],
    ["LAMBDAD_IDLE_MS", "1000", { environmentIdleMs: 1000 }],
    ["LAMBDAD_PREPARE_SDKS", "0", { prepareSdks: false }],
    ["LAMBDAD_PREPARED", "0", { prepared: 0 }],
    ["PATH", "/bin", { searchPath: "/bin" }],
    ["LAMBDAD_LOG_LEVEL", "debug", { logLevel: "debug" }],
    ["LAMBDAD_LOG_FORMAT", "json", { logFormat: "json" }],
    ["GATEWAY_LISTEN", "0.0.0.0:4000,0.0.0.0:443", { host: "0.0.0.0", port: 4000 }],
    ["GATEWAY_LISTEN", "4001", { port: 4001 }],
    ["GATEWAY_LISTEN", "[::1]:4002", { host: "::1", port: 4002 }],
    ["EDGE_PORT", "4003", { port: 4003 }],
    ["LOCALSTACK_EDGE_PORT", "4004", { port: 4004 }],
    ["DATA_DIR", "/var/y", { dataDirectory: "/var/y" }],
    ["ENFORCE_IAM", "0", { iam: "off" }],
    ["ENFORCE_IAM", "1", { iam: "enforce" }],
    ["IAM_SOFT_MODE", "1", { iam: "soft" }],
    ["LAMBDA_KEEPALIVE_MS", "5000", { environmentIdleMs: 5000 }],
    ["DEBUG", "1", { logLevel: "debug" }],
    ["LS_LOG", "trace", { logLevel: "debug" }],
    ["DEFAULT_REGION", "eu-north-1", { defaultRegion: "eu-north-1" }],
    ["SQS_ENDPOINT_STRATEGY", "standard", { queueUrls: "standard" }],
    ["SQS_ENDPOINT_STRATEGY", "dynamic", { queueUrls: "off" }],
  ])("reads %s=%s", (name, value, expected) => expect(readConfig({}, { [name]: value })).toMatchObject(expected));

  it("has every setting in the table above by its own variable", () => {
    expect(SETTINGS.every(({ variable }) => /^LAMBDAD_[A-Z_]+$/.test(variable))).toBe(true);
    expect(new Set(SETTINGS.map(({ key }) => key)).size).toBe(SETTINGS.length);
  });

  it("makes soft mode of both of LocalStack's variables, in either order", () => {
    expect(readConfig({}, { ENFORCE_IAM: "1", IAM_SOFT_MODE: "1" }).iam).toBe("soft");
    expect(readConfig({}, { IAM_SOFT_MODE: "1", ENFORCE_IAM: "1" }).iam).toBe("soft");
  });

  it("tells what it understood and what is not needed, and leaves other programs' variables alone", () => {
    const { notices } = readConfig({}, { EDGE_PORT: "4003", LAMBDA_EXECUTOR: "docker", PERSISTENCE: "1", SERVICES: "s3", LOCALSTACK_AUTH_TOKEN: "secret", API_KEY: "mine", PATH: "/bin" });
    expect(notices.understood).toEqual(["EDGE_PORT=4003 → port 4003"]);
    expect(notices.ignored.map((text) => text.split(":")[0])).toEqual(["LAMBDA_EXECUTOR", "PERSISTENCE", "SERVICES", "LOCALSTACK_AUTH_TOKEN"]);
    expect(notices.ignored.join()).not.toContain("secret");
  });

  it.each([
    ["LAMBDAD_PORT", "http"],
    ["LAMBDAD_PORT", "65536"],
    ["LAMBDAD_PORT", "-1"],
    ["LAMBDAD_ISOLATION", "docker"],
    ["LAMBDAD_IAM", "maybe"],
    ["LAMBDAD_ANY_CREDENTIALS", "perhaps"],
    ["LAMBDAD_RUNTIME_PATHS", "python3.12"],
    ["EDGE_PORT", "none"],
    ["GATEWAY_LISTEN", "localhost"],
  ])("refuses %s=%s with what, why and a fix", (name, value) => {
    expect(() => readConfig({}, { [name]: value })).toThrow(
      expect.objectContaining({
        category: "usage",
        message: `${name} cannot be ${JSON.stringify(value)}`,
        why: expect.stringContaining("it must be"),
        actions: [expect.stringContaining(name)],
      }),
    );
  });
});

describe("the config file", () => {
  it("is read where it is named", () => {
    const path = join(temporaryDirectory(), "own.json");
    writeFileSync(path, '{ "port": 7 }');
    expect(readConfigFile(path, {})).toEqual({ port: 7 });
    expect(readConfigFile(undefined, { LAMBDAD_CONFIG: path })).toEqual({ port: 7 });
  });

  it("may be absent, unless it was named", () => {
    expect(readConfigFile(undefined, {})).toEqual({});
    expect(() => readConfigFile("/nowhere/config.json", {})).toThrow(expect.objectContaining({ category: "usage" }));
  });

  it("is refused when it is broken or knows other names", () => {
    const path = join(temporaryDirectory(), "broken.json");
    for (const text of ["{", "[]", "3"]) {
      writeFileSync(path, text);
      expect(() => readConfigFile(path, {})).toThrow(expect.objectContaining({ category: "usage" }));
    }
    expect(() => readConfig({}, {}, { prot: 1 })).toThrow(expect.objectContaining({ message: expect.stringContaining('"prot"') }));
  });
});

describe("readClientConfig", () => {
  it.each([
    [{}, {}, "http://127.0.0.1:4566"],
    [{}, { LAMBDAD_PORT: "5000" }, "http://127.0.0.1:5000"],
    [{}, { LAMBDAD_HOST: "0.0.0.0", LAMBDAD_PORT: "5000" }, "http://127.0.0.1:5000"],
    [{}, { AWS_ENDPOINT_URL: "http://localhost:1234/" }, "http://localhost:1234"],
    [{ endpoint: "http://other:1" }, { AWS_ENDPOINT_URL: "http://localhost:1234" }, "http://other:1"],
  ])("finds the server from %j and %j", (flags, environment, endpoint) => expect(readClientConfig(flags, environment).endpoint).toBe(endpoint));

  it("never takes an AWS profile's keys, and refuses what is no account", () => {
    const config = readClientConfig({}, { AWS_ACCESS_KEY_ID: "AKIAREALLYREAL00000", AWS_PROFILE: "production" });
    expect(config).toEqual({ endpoint: "http://127.0.0.1:4566", region: "us-east-1", account: undefined });
    expect(() => readClientConfig({ account: "12" }, {})).toThrow(expect.objectContaining({ category: "usage" }));
    expect(() => readClientConfig({ endpoint: "localhost:4566" }, {})).toThrow(expect.objectContaining({ category: "usage" }));
  });
});
