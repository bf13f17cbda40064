import { expect, it } from "vitest";
import { open, seal } from "../../src/iam/seal.ts";
import { issueSession, openSession, sessionCaller } from "../../src/iam/session.ts";
import { systemRandom as random } from "../../src/kit/random.ts";

const key = Buffer.alloc(32, 7);
const claims = { type: "role" as const, account: "111122223333", roleArn: "arn:aws:iam::111122223333:role/path/worker", roleId: "AROAX", sessionName: "s", expiresAt: 123 };

it("opens what it sealed, and nothing else", () => {
  const sealed = seal(key, { a: 1 }, random);
  expect(open(key, sealed)).toEqual({ a: 1 });
  expect(open(Buffer.alloc(32, 8), sealed)).toBeUndefined();
  for (let index = 0; index < sealed.length; index++) {
    const flipped = sealed.slice(0, index) + (sealed[index] === "A" ? "B" : "A") + sealed.slice(index + 1);
    if (Buffer.from(flipped, "base64url").equals(Buffer.from(sealed, "base64url"))) continue;
    expect(open(key, flipped)).toBeUndefined();
  }
  expect(open(key, "")).toBeUndefined();
});

it("carries a session in its token, for its own access key only", () => {
  const one = issueSession({ key, random }, claims);
  const two = issueSession({ key, random }, claims);
  expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(openSession(key, one.accessKeyId, one.sessionToken)).toMatchObject({ ...claims, secretAccessKey: one.secretAccessKey });
  expect(openSession(key, one.accessKeyId, two.sessionToken)).toBeUndefined();
  expect(one.secretAccessKey).not.toBe(two.secretAccessKey);
  expect(sessionCaller(claims).arn).toBe("arn:aws:sts::111122223333:assumed-role/worker/s");
});
