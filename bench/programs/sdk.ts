import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { nodeProgram, pythonProgram } from "./plain.ts";
import type { Found, Program } from "./program.ts";
import { interpreterOf, interpretersOf } from "./runtimes.ts";

const NODE_MODULES = resolve(import.meta.dirname, "../../node_modules");
const NODE_IMPORT = 'import { S3Client } from "@aws-sdk/client-s3";\nconst s3 = new S3Client({ region: "us-east-1" });\n';
const PYTHON_IMPORT = "import boto3\ns3 = boto3.client('s3', region_name='us-east-1')\n";

/** Functions that import the AWS SDK that their runtime brings along, and make one client. */
export const sdkPrograms = async (endpoint: string): Promise<Found[]> => {
  const [node, pythons] = await Promise.all([interpreterOf(endpoint, "nodejs24"), interpretersOf(endpoint, "python")]);
  const withSdk = nodeProgram(node!, "node with the AWS SDK", NODE_IMPORT);
  const linked: Program = { ...withSdk, bare: { ...withSdk.bare, links: { node_modules: NODE_MODULES } } };
  const python = pythons.findLast(({ path }) => spawnSync(path, ["-c", "import boto3"]).status === 0);
  return [linked, python === undefined ? "python with boto3: no Python here has boto3" : pythonProgram(python, "python with boto3", PYTHON_IMPORT)];
};
