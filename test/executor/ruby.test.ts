import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { hasGem, hasRuby, NO_GEM, NO_RUBY, rubyWithGems } from "../support/ruby.ts";
import { createGround, startFunction } from "./ground.ts";

const APP = `
$calls = 0
def handler(event:, context:)
  $calls += 1
  puts "asked to #{event["do"]}"
  case event["do"]
  when "fail" then raise ArgumentError, "asked to fail"
  when "exit" then exit!(4)
  when "layer"
    require "from_layer"
    FROM_LAYER
  when "gem"
    gem "vendored"
    require "vendored"
    VENDORED
  else { calls: $calls, directory: Dir.pwd, environment: ENV.to_h, ruby: RUBY_VERSION }
  end
end
`;
const target = (over: object = {}) => ({ runtime: "ruby3.2", ...over });

describe.skipIf(!hasRuby)(`Ruby under AWS's own client${NO_RUBY}`, () => {
  describe.each([
    ["AWS's gem", hasGem, NO_GEM, () => ({})],
    ["a stand-in for the gem", true, "", () => ({ runtimePaths: { "ruby3.2": rubyWithGems("3.1.3") } })],
  ] as const)("%s", (_name, isHere, why, setUp) => {
    it.skipIf(!isHere).each(isolations)(`runs a handler, warm too, under %s${why}`, async (isolation) => {
      const { invoke, log } = await startFunction({ "app.rb": APP }, target(), { ...setUp(), isolation });
      const first = await invoke({ do: "tell" });
      const { directory, environment, ruby } = first.json as { directory: string; environment: Record<string, string>; ruby: string };
      expect(first.json).toMatchObject({ calls: 1 });
      expect(environment).toMatchObject({ AWS_EXECUTION_ENV: "AWS_Lambda_ruby3.2", LAMBDA_TASK_ROOT: directory, _HANDLER: "app.handler" });
      expect(environment["GEM_PATH"]!.split(":").slice(0, 2)).toEqual([join(directory, "vendor/bundle/ruby/3.2.0"), "/opt/ruby/gems/3.2.0"]);
      expect(environment["RUBYLIB"]).toBe([directory, join(environment["LAMBDA_RUNTIME_DIR"]!, "lib"), "/opt/ruby/lib"].join(":"));
      expect(first.logTail.toString()).toMatch(/^START .*\nasked to tell\nEND .*\nREPORT /);
      expect(log().find((line) => line.startsWith("INIT_START"))).toContain(`Runtime Version: ruby:${ruby.split(".").slice(0, 2).join(".")}.v${ruby.split(".")[2]}\t`);
      expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 2 });
      expect((await invoke({ do: "fail" })).json).toMatchObject({ errorMessage: "asked to fail", errorType: "Function<ArgumentError>", stackTrace: expect.arrayContaining([expect.stringMatching(/app\.rb:7:in/)]) });
      expect((await invoke({ do: "exit" })).json).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/exit status 4$/) });
      expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 1 });
    });

    it.skipIf(!isHere).each(isolations)(`finds what layers have in ruby/lib, and vendored gems, under %s${why}`, async (isolation) => {
      const { executor, target: make, invocation } = createGround({ ...setUp(), isolation });
      const gem = {
        "vendor/bundle/ruby/3.2.0/gems/vendored-1.0.0/lib/vendored.rb": "VENDORED = 'vendored'",
        "vendor/bundle/ruby/3.2.0/specifications/vendored-1.0.0.gemspec": 'Gem::Specification.new { |s| s.name = "vendored"; s.version = "1.0.0"; s.summary = s.author = "x"; s.files = ["lib/vendored.rb"] }',
      };
      const environment = await executor.createEnvironment(await make({ "app.rb": APP, ...gem }, target(), [await zipOf({ "ruby/lib/from_layer.rb": "FROM_LAYER = 'a layer'" })]));
      const answer = async (event: object) => (await environment.invoke(invocation(event))).outcome.payload.toString();
      expect([await answer({ do: "layer" }), await answer({ do: "gem" })]).toEqual(['"a layer"', '"vendored"']);
    });
  });

  it.each([["no gem", undefined], ["a gem that is too old", "2.0.0"]])("with %s says what to install", async (_name, version) => {
    const path = rubyWithGems(version);
    const { executor, target: make } = createGround({ runtimePaths: { "ruby3.2": path } });
    await expect(executor.createEnvironment(await make({ "app.rb": APP }, target()))).rejects.toMatchObject({
      code: "InvalidRuntimeException", status: 502,
      message: expect.stringMatching(new RegExp(`^Ruby functions run under AWS's own runtime interface client, and Ruby [\\d.]+ \\(${dirname(path)}/ruby\\) does not have it\\. Install it with: gem install aws_lambda_ric`)),
    });
  });

  it("takes the function's own GEM_PATH, and its RUBYLIB before AWS's", async () => {
    const own = { GEM_PATH: "/opt/mine", RUBYLIB: "/opt/lib/mine" };
    const { invoke } = await startFunction({ "app.rb": APP }, target({ environment: own }), { runtimePaths: { "ruby3.2": rubyWithGems("3.1.3") } });
    const { environment } = (await invoke({ do: "tell" })).json as { environment: Record<string, string> };
    expect(environment["GEM_PATH"]).toBe("/opt/mine");
    expect(environment["RUBYLIB"]).toMatch(/^\/opt\/lib\/mine:/);
  });
});
