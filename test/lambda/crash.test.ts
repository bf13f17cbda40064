import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, ListFunctionsCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createRole, zipOf } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

it("kill -9 while functions come, change and go leaves each whole, and no package without a function", async () => {
  const dataDirectory = join(temporaryDirectory(), "data");
  const packages = () => readdirSync(join(dataDirectory, "blobs"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.startsWith("lambda_") && !entry.parentPath.endsWith("new"));
  const first = await startServer({ dataDirectory });
  const clients = clientsOf(first.endpoint);
  const Role = await createRole(clients, "worker");
  const acknowledged = new Map<string, string | undefined>();
  const live = async (index: number) => {
    const FunctionName = `f-${index}`;
    const code = async (text: string) => zipOf({ "index.mjs": `${text} ${index}` });
    const { CodeSha256 } = await clients.lambda.send(new CreateFunctionCommand({ FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await code("first") } }));
    acknowledged.set(FunctionName, CodeSha256);
    if (acknowledged.size === 50) void first.kill();
    if (index % 3 === 0) {
      await clients.lambda.send(new DeleteFunctionCommand({ FunctionName }));
      acknowledged.set(FunctionName, undefined);
    } else if (index % 3 === 1) {
      const ZipFile = await code("second");
      // Refused as long as it is Pending; for good once the server is gone.
      const updated = await eventually("it may be changed", () => clients.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile })).catch((error: Error) => error.name !== "ResourceConflictException"));
      if (updated !== true) acknowledged.set(FunctionName, updated.CodeSha256);
    }
  };
  await Promise.allSettled(Array.from({ length: 80 }, (_, index) => live(index)));
  await first.kill();

  const second = await startServer({ dataDirectory });
  const { lambda } = clientsOf(second.endpoint);
  for (const [FunctionName, CodeSha256] of acknowledged) {
    const found = await lambda.send(new GetFunctionCommand({ FunctionName })).catch(() => undefined);
    if (CodeSha256 === undefined) expect(found).toBeUndefined();
    // A deletion or an update that was sent, but not answered any more, may have happened or not.
    else if (Number(FunctionName.slice(2)) % 3 !== 0) expect(found).toBeDefined();
    if (found === undefined) continue;
    const zip = Buffer.from(await (await fetch(found.Code!.Location!)).arrayBuffer());
    expect(createHash("sha256").update(zip).digest("base64")).toBe(found.Configuration!.CodeSha256);
  }
  const { Functions = [], NextMarker } = await lambda.send(new ListFunctionsCommand({}));
  const rest = NextMarker === undefined ? [] : (await lambda.send(new ListFunctionsCommand({ Marker: NextMarker }))).Functions!;
  await eventually("there are as many packages as functions", () => packages().length === Functions.length + rest.length);
  expect(await second.stop()).toBe(0);
}, 120_000);
