import { CreateBucketCommand, DeleteObjectCommand, GetBucketNotificationConfigurationCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand, type LambdaFunctionConfiguration } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { member, queryOf, send, sha256, signHeaders, type Answer } from "../gateway/support.ts";

let opened: OpenPlatform;
beforeAll(async () => {
  opened = await openPlatform();
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "test", ContentType: "text/plain" }));
  return opened.close;
});

/** A signed request to a key, header by header. Values are given as the bytes of Latin-1. */
const call = (method: string, path: string, headers: Record<string, string> = {}, { query = {}, body = "" }: { query?: Record<string, string>; body?: string } = {}): Promise<Answer> => {
  const { headers: signed } = signHeaders({ method, path, query, headers: { host: opened.host, ...headers }, payload: sha256(body) });
  const suffix = queryOf(query);
  return send(opened.endpoint, { method, path: suffix === "" ? path : `${path}?${suffix}`, headers: { ...signed, ...(method === "PUT" ? { "content-length": String(Buffer.byteLength(body)) } : {}) }, body });
};
const ETAG = '"098f6bcd4621d373cade4e832627b4f6"';
const told = ({ status, code, text }: Answer) => [status, code, member(text, "Message")];

describe("reading, on the wire", () => {
  it("304 has the object's tag and date, and no body; 412 names the condition", async () => {
    for (const method of ["GET", "HEAD"]) {
      const same = await call(method, "/bucket/key", { "if-none-match": ETAG });
      expect([same.status, same.text, same.headers["etag"], same.headers["last-modified"]]).toEqual([304, "", ETAG, expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)]);
    }
    const failed = await call("GET", "/bucket/key", { "if-match": '"x"' });
    expect([...told(failed), member(failed.text, "Condition")]).toEqual([412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "If-Match"]);
    const head = await call("HEAD", "/bucket/key", { "if-match": '"x"' });
    expect([head.status, head.text]).toEqual([412, ""]);
  });

  it("a range has its headers, one that cannot be its own error", async () => {
    const part = await call("GET", "/bucket/key", { range: "bytes=-2" });
    expect([part.status, part.text, part.headers["content-range"], part.headers["content-length"], part.headers["accept-ranges"]]).toEqual([206, "st", "bytes 2-3/4", "2", "bytes"]);
    const beyond = await call("GET", "/bucket/key", { range: "bytes=4-" });
    expect([...told(beyond), member(beyond.text, "RangeRequested"), member(beyond.text, "ActualObjectSize")]).toEqual([416, "InvalidRange", "The requested range is not satisfiable", "bytes=4-", "4"]);
    const head = await call("HEAD", "/bucket/key", { range: "bytes=0-1" });
    expect([head.status, head.headers["content-length"], head.headers["content-range"]]).toEqual([206, "2", "bytes 0-1/4"]);
  });

  it("headers are what the query asks for", async () => {
    const query = {
      "response-content-type": "text/html", "response-cache-control": "no-store", "response-content-disposition": "inline", "response-content-encoding": "identity",
      "response-content-language": "de", "response-expires": "Tue, 01 Jan 2030 00:00:00 GMT",
    };
    const { headers } = await call("GET", "/bucket/key", {}, { query });
    expect(headers).toMatchObject({ "content-type": "text/html", "cache-control": "no-store", "content-disposition": "inline", "content-encoding": "identity", "content-language": "de", expires: "Tue, 01 Jan 2030 00:00:00 GMT" });
  });

  it("a HEAD that fails says no more than its status", async () => {
    const missing = await call("HEAD", "/bucket/missing");
    expect([missing.status, missing.text, missing.headers["x-amz-request-id"]]).toEqual([404, "", expect.any(String)]);
  });

  it("metadata beyond ASCII comes back as in the example of the user guide", async () => {
    const value = "ÄMÄZÕÑ S3";
    const { headers } = signHeaders({ method: "PUT", path: "/bucket/nonascii", headers: { host: opened.host, "x-amz-meta-nonascii": value, "x-amz-meta-plain": "value" }, payload: "UNSIGNED-PAYLOAD" });
    // As its bytes in UTF-8, which are what was signed.
    const raw = Buffer.from(value, "utf8").toString("latin1");
    expect((await send(opened.endpoint, { method: "PUT", path: "/bucket/nonascii", headers: { ...headers, "content-length": "0", "x-amz-meta-nonascii": raw } })).status).toBe(200);
    const got = await call("HEAD", "/bucket/nonascii");
    expect([got.headers["x-amz-meta-nonascii"], got.headers["x-amz-meta-plain"]]).toEqual(["=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "value"]);
  });
});

describe("writing, on the wire", () => {
  it("takes one condition, and of If-None-Match the star alone", async () => {
    const put = (headers: Record<string, string>) => call("PUT", "/bucket/conditional", headers, { body: "x" });
    const tag = await put({ "if-none-match": ETAG });
    expect([...told(tag), member(tag.text, "Header"), member(tag.text, "additionalMessage")]).toEqual([
      501, "NotImplemented", "A header you provided implies functionality that is not implemented", "If-None-Match", "We don't accept the provided value of If-None-Match header for this API",
    ]);
    const both = await put({ "if-none-match": "*", "if-match": ETAG });
    expect([both.status, member(both.text, "Header"), member(both.text, "additionalMessage")]).toEqual([501, "If-Match,If-None-Match", "Multiple conditional request headers present in the request"]);
    expect(told(await put({ "if-match": ETAG }))).toEqual([404, "NoSuchKey", "The specified key does not exist."]);
    expect((await put({ "if-none-match": "*" })).status).toBe(200);
    expect(told(await put({ "if-none-match": "*" }))).toEqual([412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"]);
  });

  it.each<[string, Record<string, string>, (string | number | undefined)[]]>([
    ["a storage class", { "x-amz-storage-class": "PAPER" }, [400, "InvalidStorageClass", "The storage class you specified is not valid"]],
    ["an encryption", { "x-amz-server-side-encryption": "ROT13" }, [400, "InvalidArgument", "The encryption method specified is not supported"]],
    ["an algorithm", { "x-amz-sdk-checksum-algorithm": "ROT13" }, [400, "InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"]],
    ["an ACL", { "x-amz-acl": "everybody" }, [400, "InvalidArgument", "Argument x-amz-acl is not one of the canned ACLs"]],
    ["an ACL, where ACLs are off", { "x-amz-acl": "public-read" }, [400, "AccessControlListNotSupported", "The bucket does not allow ACLs"]],
    ["too much metadata", { "x-amz-meta-a": "x".repeat(2_048) }, [400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"]],
    ["an MD5 that is none", { "content-md5": "x" }, [400, "InvalidDigest", "The Content-MD5 you specified was invalid."]],
    ["a checksum of no algorithm", { "x-amz-checksum-sha256a": "x" }, [400, "InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid."]],
    ["a checksum of another algorithm than it said", { "x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": "AAAAAA==" }, [400, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid."]],
    ["a checksum that it said and did not send", { "x-amz-sdk-checksum-algorithm": "SHA1" }, [400, "InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."]],
    ["two checksums", { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, [400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."]],
  ])("refuses %s that S3 does not know, in S3's words", async (_name, headers, expected) => {
    expect(told(await call("PUT", "/bucket/refused", headers, { body: "x" }))).toEqual(expected);
    expect((await call("HEAD", "/bucket/refused")).status).toBe(404);
  });

  it("takes keys of 1,024 bytes, however many letters they are", async () => {
    for (const key of ["x".repeat(1_024), "ü".repeat(512)]) expect((await call("PUT", `/bucket/${encodeURIComponent(key)}`, {}, { body: "x" })).status).toBe(200);
    for (const key of ["x".repeat(1_025), `${"ü".repeat(512)}x`]) {
      const refused = await call("PUT", `/bucket/${encodeURIComponent(key)}`, {}, { body: "x" });
      expect([...told(refused), member(refused.text, "Size"), member(refused.text, "MaxSizeAllowed")]).toEqual([400, "KeyTooLongError", "Your key is too long", "1025", "1024"]);
    }
  });

  it.each([["MERGE", "x-amz-metadata-directive", "Unknown metadata directive."], ["MERGE", "x-amz-tagging-directive", "Unknown tagging directive."]])("refuses to copy with %s as %s", async (value, header, message) => {
    const refused = await call("PUT", "/bucket/copy", { "x-amz-copy-source": "/bucket/key", [header]: value });
    expect([...told(refused), member(refused.text, "ArgumentName"), member(refused.text, "ArgumentValue")]).toEqual([400, "InvalidArgument", message, header, value]);
  });

  it("copies over itself only with a change, and holds to the conditions of the source", async () => {
    const self = await call("PUT", "/bucket/key", { "x-amz-copy-source": "/bucket/key" });
    expect([self.status, self.code, self.text.replaceAll("&apos;", "'")]).toEqual([400, "InvalidRequest", expect.stringContaining("<Message>This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.</Message>")]);
    const copy = (headers: Record<string, string>) => call("PUT", "/bucket/copy", { "x-amz-copy-source": "/bucket/key", ...headers });
    const old = "Wed, 01 Jan 2020 00:00:00 GMT";
    expect((await copy({ "x-amz-copy-source-if-match": ETAG, "x-amz-copy-source-if-unmodified-since": old })).status).toBe(200);
    for (const headers of [{ "x-amz-copy-source-if-none-match": ETAG }, { "x-amz-copy-source-if-match": '"x"' }, { "x-amz-copy-source-if-unmodified-since": old }, { "x-amz-copy-source-if-none-match": ETAG, "x-amz-copy-source-if-modified-since": old }]) {
      expect((await copy(headers)).code).toBe("PreconditionFailed");
    }
  });

  it("deletes by condition", async () => {
    await call("PUT", "/bucket/going", {}, { body: "test" });
    expect(told(await call("DELETE", "/bucket/going", { "if-match": '"x"' }))).toEqual([412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"]);
    const gone = await call("DELETE", "/bucket/going", { "if-match": ETAG });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    await opened.clients.s3.send(new DeleteObjectCommand({ Bucket: "bucket", Key: "going" }));
  });
});

describe("listing, on the wire", () => {
  beforeAll(async () => {
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "listed" }));
    for (const Key of ["a", "b/1", "b/2", "c d+e", "ü"]) await opened.clients.s3.send(new PutObjectCommand({ Bucket: "listed", Key, Body: Key }));
  });
  const list = (query: Record<string, string>) => call("GET", "/listed", {}, { query: { "list-type": "2", ...query } });
  const keysOf = ({ text }: Answer) => [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);

  it("goes on where it ended, and after a key", async () => {
    const first = await list({ "max-keys": "2", delimiter: "/" });
    expect([keysOf(first), member(first.text, "KeyCount"), member(first.text, "IsTruncated"), /<CommonPrefixes><Prefix>b\/<\/Prefix>/.test(first.text)]).toEqual([["a"], "2", "true", true]);
    const second = await list({ "max-keys": "2", delimiter: "/", "continuation-token": member(first.text, "NextContinuationToken")! });
    const both = await list({ delimiter: "/", "start-after": "b/2", "continuation-token": member(first.text, "NextContinuationToken")! });
    expect([keysOf(both), member(both.text, "StartAfter")]).toEqual([["c d+e", "ü"], undefined]);
    expect([keysOf(second), member(second.text, "IsTruncated"), member(second.text, "NextContinuationToken")]).toEqual([["c d+e", "ü"], "false", undefined]);
    expect(keysOf(await list({ "start-after": "b/1" }))).toEqual(["b/2", "c d+e", "ü"]);
    expect(keysOf(await list({ prefix: "b/" }))).toEqual(["b/1", "b/2"]);
  });

  it("encodes keys, tells owners, and lists nothing, as it is asked", async () => {
    const encoded = await list({ "encoding-type": "url", prefix: "c", "fetch-owner": "true" });
    expect([keysOf(encoded), member(encoded.text, "EncodingType")]).toEqual([["c+d%2Be"], "url"]);
    expect(encoded.text).toMatch(/<Owner><ID>[0-9a-f]{64}<\/ID>/);
    const none = await list({ "max-keys": "0" });
    expect([none.status, keysOf(none), member(none.text, "KeyCount"), member(none.text, "MaxKeys"), member(none.text, "IsTruncated")]).toEqual([200, [], "0", "0", "false"]);
  });

  it.each([
    [{ "encoding-type": "xml" }, "Invalid Encoding Method specified in Request"],
    [{ "continuation-token": "nonsense", "start-after": "a" }, "The continuation token provided is incorrect"],
    [{ "max-keys": "-1" }, "Argument max-keys must be an integer between 0 and 2147483647"],
    [{ "max-keys": "many" }, "Provided max-keys not an integer or within integer range"],
  ])("refuses %j", async (query, message) => {
    expect(told(await list(query))).toEqual([400, "InvalidArgument", message]);
  });
});

describe("a method that is none", () => {
  it.each([["PATCH", "/", "SERVICE"], ["PATCH", "/bucket", "BUCKET"], ["PATCH", "/bucket/key", "OBJECT"]])("%s %s", async (method, path, type) => {
    const refused = await call(method, path);
    expect([...told(refused), member(refused.text, "Method"), member(refused.text, "ResourceType")]).toEqual([405, "MethodNotAllowed", "The specified method is not allowed against this resource.", method, type]);
  });
});

describe("a form of a browser", () => {
  it("is not built, and says so; another POST to a bucket is none", async () => {
    const form = await send(opened.endpoint, { method: "POST", path: "/bucket", headers: { host: opened.host, "content-type": "multipart/form-data; boundary=x" }, body: "--x--" });
    expect([form.status, form.code, member(form.text, "Message")]).toEqual([501, "NotImplemented", expect.stringContaining("S3 POST Object (uploads with a form) is not built")]);
    const other = await call("POST", "/bucket");
    expect([other.status, other.code, member(other.text, "Condition")]).toEqual([412, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data"]);
  });
});

describe("a notification, through the SDK", () => {
  const arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  const configure = (rules: LambdaFunctionConfiguration[]) =>
    opened.clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "bucket", SkipDestinationValidation: true, NotificationConfiguration: { LambdaFunctionConfigurations: rules } }));
  const rule = (over: Partial<LambdaFunctionConfiguration> = {}, Name = "prefix", Value = "in/"): LambdaFunctionConfiguration => ({
    LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: Name as "prefix", Value }] } }, ...over,
  });

  it("is put back as it was given out", async () => {
    await configure([rule({ Id: "mine" }), rule({ Events: ["s3:ObjectRemoved:*"] }, "SUFFIX", "")]);
    const { LambdaFunctionConfigurations } = await opened.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "bucket" }));
    expect(LambdaFunctionConfigurations!.map(({ Id, Filter }) => [Id, Filter!.Key!.FilterRules])).toEqual([["mine", [{ Name: "Prefix", Value: "in/" }]], [expect.any(String), [{ Name: "Suffix", Value: "" }]]]);
    await configure(LambdaFunctionConfigurations!);
    expect((await opened.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "bucket" }))).LambdaFunctionConfigurations).toEqual(LambdaFunctionConfigurations);
  });

  it.each<[LambdaFunctionConfiguration[], string]>([
    [[rule({}, "infix")], "filter rule name must be either prefix or suffix"],
    [[rule({ Events: ["s3:Nonsense" as "s3:ObjectCreated:*", "nonsense" as "s3:ObjectCreated:*"] })], "NotImplemented"],
    [[rule({ Events: ["nonsense" as "s3:ObjectCreated:*"] })], "The event is not supported for notifications"],
    [[rule({ LambdaFunctionArn: "f" })], "The ARN could not be parsed"],
    [[rule(), rule({}, "prefix", "in/deep/")], "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type."],
    [[rule({ Id: "same" }), rule({ Id: "same", Events: ["s3:ObjectRemoved:*"] })], "Same ID used for multiple configurations. IDs must be unique"],
  ])("%j is refused, even unasked for its destinations", async (rules, message) => {
    const expected = message === "NotImplemented" ? { name: message } : { name: "InvalidArgument", message };
    await expect(configure(rules)).rejects.toMatchObject(expected);
  });
});
