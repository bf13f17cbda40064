import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "vitest";
import type { Clients } from "../../support/clients.ts";
import { eventually } from "../../support/temporary.ts";

export type Language = "python" | "node";

export const PROBES: Readonly<Record<Language, { runtime: "python3.13" | "nodejs24.x"; file: string; text: string }>> = {
  python: { runtime: "python3.13", file: "app.py", text: readFileSync(join(import.meta.dirname, "app.py"), "utf8") },
  node: { runtime: "nodejs24.x", file: "app.mjs", text: readFileSync(join(import.meta.dirname, "app.mjs"), "utf8") },
};

const secrets = new Set<string>();

/** Of the form that the probes look for. */
export const newSecret = (): string => {
  const secret = `LAMBDAD-SECRET-${randomUUID().replaceAll("-", "")}`;
  secrets.add(secret);
  return secret;
};

/** Memory that is written while it is read may show the beginning of one and the end of another, which is nobody's. */
export const isSecret = (text: string): boolean => secrets.has(text);

/** What one environment says of itself, and of what it sees. */
export interface Sight {
  functionName: string;
  language: Language;
  /** That it may know: its event's, and its function's. */
  own: { event: string; function: readonly string[] };
  /** Secrets, by where they were seen. */
  seen: Record<string, string[]>;
  /** Access key ids in its memory. */
  keys: string[];
  memoryBytes: number;
  pipes: string[];
  /** At INIT, and in the invocation. */
  drawn: Record<string, string | number>[];
  hash?: number;
  pid: { told: number; real: number };
  namespaces: Record<string, string>;
  credentials: [string, string, string];
  variables: Record<string, string>;
}

export interface Guest {
  functionName: string;
  language: Language;
  secrets: readonly string[];
}

/** Invokes all at the same time; none looks before every one has left its traces, so each has an environment of its own, and all live then. */
export const meet = async ({ lambda, s3 }: Clients, guests: readonly Guest[]): Promise<Sight[]> => {
  const Bucket = `meeting-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const go = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "go" }));
  const invoked = guests.map(async ({ functionName, language, secrets }, index): Promise<Sight> => {
    const event = newSecret();
    const here = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: `here/${index}` }));
    const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ secret: event, urls: { here, go } }) }));
    const text = Buffer.from(Payload!).toString();
    expect(FunctionError, text).toBeUndefined();
    return { functionName, language, own: { event, function: secrets }, ...(JSON.parse(text) as Omit<Sight, "functionName" | "language" | "own">) };
  });
  const all = Promise.all(invoked);
  const areHere = eventually("all have left their traces", async () => (await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "here/" }))).KeyCount === guests.length, 60_000);
  // Whoever fails before it is there is told, not waited for.
  await Promise.race([areHere, all]);
  await s3.send(new PutObjectCommand({ Bucket, Key: "go", Body: "all are here" }));
  return all;
};
