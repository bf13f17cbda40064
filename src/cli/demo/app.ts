import type { Runtime } from "@aws-sdk/client-lambda";

/** The demo's function, in the two languages that a machine may have. */
export interface DemoApp {
  runtime: Runtime;
  file: string;
  text: string;
}

const PYTHON = `import time
from urllib.parse import unquote_plus

try:
    import boto3
    s3 = boto3.client("s3")  # made once, in every environment
except ImportError:
    s3 = None

count = 0  # lives on between invocations of one environment


def handler(event, context):
    global count
    if "raise" in event:
        raise ValueError(event["raise"])
    if "sleep" in event:
        time.sleep(event["sleep"])
    count += 1
    for record in event.get("Records", []):
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"] if s3 else record["s3"]["object"]["size"]
        print(f"{key} has {size} bytes, upload number {count}")
    return {"count": count, "hello": event.get("name", "you")}
`;

const NODE = `import { setTimeout as pause } from "node:timers/promises";
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client({ forcePathStyle: true }); // made once, in every environment
let count = 0; // lives on between invocations of one environment

export const handler = async (event) => {
  if (event.raise) {
    const error = new Error(event.raise);
    error.name = "ValueError";
    throw error;
  }
  if (event.sleep) await pause(event.sleep * 1000);
  count += 1;
  for (const { s3: source } of event.Records ?? []) {
    const key = decodeURIComponent(source.object.key.replaceAll("+", " "));
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: source.bucket.name, Key: key }));
    console.log(\`\${key} has \${ContentLength} bytes, upload number \${count}\`);
  }
  return { count, hello: event.name ?? "you" };
};
`;

/** The newest Python whose exact version is here; another Python; else Node, which came with the server. */
export const chooseApp = (runtimes: readonly { runtime: string; isExact?: boolean }[]): DemoApp => {
  const pythons = runtimes.filter(({ runtime }) => /^python3\.\d+$/.test(runtime)).toSorted((a, b) => Number(b.runtime.slice(8)) - Number(a.runtime.slice(8)));
  const python = (pythons.find(({ isExact }) => isExact === true) ?? pythons[0])?.runtime;
  return python === undefined ? { runtime: "nodejs24.x", file: "app.mjs", text: NODE } : { runtime: python as Runtime, file: "app.py", text: PYTHON };
};
