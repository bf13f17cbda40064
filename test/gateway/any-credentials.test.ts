import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, it, onTestFinished } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { openPlatform } from "../support/platform.ts";
import { send } from "./support.ts";

it("--any-credentials takes whatever key comes, but no session that was not made here", async () => {
  const opened = await openPlatform({ env: { LAMBDAD_ANY_CREDENTIALS: "1" } });
  onTestFinished(opened.close);
  const stranger = clientsOf(opened.endpoint, { accessKeyId: "whoever", secretAccessKey: "whatever" });
  expect((await stranger.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe("arn:aws:iam::000000000000:root");
  expect((await clientsOf(opened.endpoint, { accessKeyId: "111122223333", secretAccessKey: "x" }).sts.send(new GetCallerIdentityCommand({}))).Account).toBe("111122223333");
  await stranger.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await stranger.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "x" }));
  expect(await (await fetch(await getSignedUrl(stranger.s3, new GetObjectCommand({ Bucket: "bucket", Key: "k" })))).text()).toBe("x");
  expect((await fetch(`${opened.endpoint}/bucket/k?AWSAccessKeyId=whoever&Signature=x&Expires=9999999999`)).status).toBe(200);
  const forged = clientsOf(opened.endpoint, { accessKeyId: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: "x", sessionToken: "forged" });
  await expect(forged.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  // Anonymous is no credential.
  expect((await send(opened.endpoint, { method: "GET", path: "/bucket/k", headers: { host: opened.host } })).code).toBe("AccessDenied");
});
