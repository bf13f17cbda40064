import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRuntimes } from "../../src/executor/runtimes.ts";
import { temporaryDirectory } from "./temporary.ts";

const listings = await createRuntimes({ settings: { strictRuntimes: false, runtimePaths: {} }, searchPath: process.env["PATH"] ?? "" }).list();

/** The Ruby that lambdad runs functions of this runtime with; undefined where no Ruby is. */
export const rubyPath = (runtime: string): string | undefined => listings.find((one) => one.runtime === runtime)?.path;
export const hasRuby = rubyPath("ruby3.2") !== undefined;
export const NO_RUBY = hasRuby ? "" : " (skipped: no Ruby is on this machine)";

/** Whether that Ruby has AWS's gem. */
export const hasGem = hasRuby && spawnSync(rubyPath("ruby3.2")!, ["-e", 'Gem::Specification.find_by_name("aws_lambda_ric", ">= 3.0")']).status === 0;
export const NO_GEM = hasGem ? "" : " (skipped: this machine's Ruby does not have the gem aws_lambda_ric)";

/** What AWS's gem (3.x) is to who starts it, and no more: it speaks the Runtime API, and names errors as the gem does. */
const STAND_IN = `
require "json"
require "net/http"
module AwsLambdaRIC
  class Bootstrap
    def start
      @base = "http://#{ENV.fetch("AWS_LAMBDA_RUNTIME_API")}/2018-06-01/runtime"
      $stdout.sync = true
      $LOAD_PATH.unshift(Dir.pwd)
      file, method = ENV.fetch("_HANDLER").split(".")
      require file
      loop do
        taken = Net::HTTP.get_response(URI("#{@base}/invocation/next"))
        path = "#{@base}/invocation/#{taken["Lambda-Runtime-Aws-Request-Id"]}"
        begin
          Net::HTTP.post(URI("#{path}/response"), send(method, event: JSON.parse(taken.body), context: taken).to_json)
        rescue StandardError => e
          type = "Function<#{e.class}>"
          Net::HTTP.post(URI("#{path}/error"), { errorMessage: e.message, errorType: type, stackTrace: e.backtrace_locations.map(&:to_s) }.to_json, { "Lambda-Runtime-Function-Error-Type" => type })
        end
      end
    end
  end
end
`;
const SPECIFICATION = (version: string) => `Gem::Specification.new { |s| s.name = "aws_lambda_ric"; s.version = "${version}"; s.summary = s.author = "x"; s.files = ["lib/aws_lambda_ric.rb"] }`;

/** A Ruby of this machine whose gems are a folder of the test's own: with a stand-in for AWS's gem of that version, or without any. */
export const rubyWithGems = (version?: string): string => {
  const folder = temporaryDirectory();
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text, { mode });
  };
  // For who runs in the sandbox.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "gems"));
  if (version !== undefined) {
    write(`gems/gems/aws_lambda_ric-${version}/lib/aws_lambda_ric.rb`, STAND_IN);
    write(`gems/specifications/aws_lambda_ric-${version}.gemspec`, SPECIFICATION(version));
  }
  // The function's own path of gems is kept.
  write("bin/ruby", `#!/bin/sh\nexport GEM_HOME='${folder}/gems' GEM_PATH="\${GEM_PATH:-${folder}/gems}"\nexec ${rubyPath("ruby3.2")} "$@"\n`, 0o755);
  return join(folder, "bin/ruby");
};
