import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/store.ts";
import { requestContext as context } from "../support/context.ts";
import { bucketWith, openS3, refusal, stream } from "./support.ts";

type Opened = ReturnType<typeof openS3>;

/** Rows only: a listing does not look at blobs. */
const fill = (store: Opened["store"], keys: Iterable<string>) =>
  store.run(function* () {
    yield* sql("delete from s3_object");
    for (const key of keys) {
      yield* sql(
        `insert into s3_object (bucket, key, size, etag, last_modified, storage_class, checksum_algorithm, checksum_type, checksum_value, headers, metadata, tags, blobs)
         values ('bucket', ?, 1, 'e', 0, 'STANDARD', 'CRC32', 'FULL_OBJECT', '', '{}', '{}', '[]', '[]') on conflict do nothing`,
        Buffer.from(key),
      );
    }
  });

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3 lists, in the plainest words. */
const model = (keys: readonly string[], { prefix, delimiter, after }: { prefix: string; delimiter: string; after: string }): string[] => {
  const entries: string[] = [];
  for (const key of [...new Set(keys)].toSorted(byBytes)) {
    if (!key.startsWith(prefix) || (after !== "" && byBytes(key, after) <= 0)) continue;
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = at < 0 ? `key ${key}` : `prefix ${key.slice(0, at + delimiter.length)}`;
    if (at >= 0 && entry === `prefix ${after}`) continue;
    if (entries.at(-1) !== entry) entries.push(entry);
  }
  return entries;
};

const entriesOf = (answer: { Contents?: { Key?: string | undefined }[] | undefined; CommonPrefixes?: { Prefix?: string | undefined }[] | undefined }): string[] =>
  [...(answer.Contents ?? []).map(({ Key }) => `key ${Key}`), ...(answer.CommonPrefixes ?? []).map(({ Prefix }) => `prefix ${Prefix}`)].toSorted((a, b) =>
    byBytes(a.replace(/^\w+ /, ""), b.replace(/^\w+ /, "")));

const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "é", "😀", "\uffff"), maxLength: 6 });

describe("listings", () => {
  it("are what a plain scan would give, page by page, in both versions (property)", async () => {
    const { s3, store } = await bucketWith();
    await fc.assert(
      fc.asyncProperty(
        fc.array(text.filter((key) => key !== ""), { maxLength: 30 }),
        fc.record({ prefix: fc.oneof(fc.constant(""), text), delimiter: fc.constantFrom("", "/", "-", "a/", "é"), after: fc.oneof(fc.constant(""), text) }),
        fc.integer({ min: 1, max: 5 }),
        async (keys, query, MaxKeys) => {
          await fill(store, keys);
          const expected = model(keys, query);
          const common = { Bucket: "bucket", Prefix: query.prefix, Delimiter: query.delimiter, MaxKeys };
          const second: string[] = [];
          for (let token: string | undefined, page = 0; page === 0 || token !== undefined; page++) {
            const answer = await s3.ListObjectsV2({ ...common, ...(token === undefined ? { StartAfter: query.after } : { ContinuationToken: token }) }, context());
            expect(answer.KeyCount).toBeLessThanOrEqual(MaxKeys);
            expect(answer.IsTruncated).toBe(answer.NextContinuationToken !== undefined);
            second.push(...entriesOf(answer));
            token = answer.NextContinuationToken;
          }
          expect(second).toEqual(expected);
          const first: string[] = [];
          for (let marker = query.after, isTruncated = true; isTruncated; ) {
            const answer = await s3.ListObjects({ ...common, Marker: marker }, context());
            first.push(...entriesOf(answer));
            isTruncated = answer.IsTruncated!;
            if (isTruncated) marker = answer.NextMarker ?? answer.Contents!.at(-1)!.Key!;
          }
          expect(first).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("step over a common prefix, however many keys are behind it", async () => {
    const { s3, store } = await bucketWith();
    await fill(store, [...Array(3_000).keys()].map((i) => `${i % 3}/${i}`));
    const statements: string[] = [];
    const { list } = await import("../../src/services/s3/listing.ts");
    const listing = await store.run(function* () {
      const steps = list({ select: "select key from s3_object where bucket = ?", values: ["bucket"], prefix: "", delimiter: "/", max: 1_000 });
      let step = steps.next();
      while (!step.done) {
        statements.push(step.value.sql);
        step = steps.next(yield step.value);
      }
      return step.value;
    });
    expect(listing.entries).toHaveLength(3);
    expect(statements).toHaveLength(4);
    const plan = await store.run(() => sql(`explain query plan ${statements[1]}`, "bucket", Buffer.from("a"), 2));
    expect(plan.map((row) => row["detail"])).toEqual([expect.stringMatching(/^SEARCH s3_object USING (COVERING )?INDEX .*\(bucket=\? AND key>\?\)$/)]);
    expect((await s3.ListObjectsV2({ Bucket: "bucket", Delimiter: "/" }, context())).CommonPrefixes).toEqual([{ Prefix: "0/" }, { Prefix: "1/" }, { Prefix: "2/" }]);
  });

  it("give 1,000 keys at most, none for 0, and refuse nonsense", async () => {
    const { s3, store } = await bucketWith();
    await fill(store, [...Array(1_001).keys()].map(String));
    const answer = await s3.ListObjectsV2({ Bucket: "bucket", MaxKeys: 5_000 }, context());
    expect([answer.Contents!.length, answer.IsTruncated, answer.MaxKeys]).toEqual([1_000, true, 1_000]);
    expect(await s3.ListObjectsV2({ Bucket: "bucket", MaxKeys: 0 }, context())).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(await refusal(s3.ListObjectsV2({ Bucket: "bucket", MaxKeys: -1 }, context()))).toMatchObject({ code: "InvalidArgument" });
    for (const ContinuationToken of ["", "nonsense!"]) {
      expect(await refusal(s3.ListObjectsV2({ Bucket: "bucket", ContinuationToken }, context()))).toMatchObject({ code: "InvalidArgument", message: "The continuation token provided is incorrect" });
    }
    expect(await refusal(s3.ListObjectsV2({ Bucket: "nobody" }, context()))).toMatchObject({ code: "NoSuchBucket" });
    expect(await refusal(s3.ListObjects({ Bucket: "bucket", EncodingType: "xml" as "url" }, context()))).toMatchObject({ code: "InvalidArgument" });
  });

  it("describe each object, encode keys when asked, and name owners when asked", async () => {
    const { s3 } = await bucketWith();
    await s3.PutObject({ Bucket: "bucket", Key: "a b/ü(1)+*~.txt", Body: stream("12345"), StorageClass: "STANDARD_IA" }, context());
    const [object] = (await s3.ListObjectsV2({ Bucket: "bucket", EncodingType: "url", FetchOwner: true }, context())).Contents!;
    expect(object).toMatchObject({ Key: "a+b/%C3%BC%281%29%2B*%7E.txt", Size: 5, StorageClass: "STANDARD_IA", ChecksumAlgorithm: ["CRC64NVME"], ChecksumType: "FULL_OBJECT" });
    expect(object!.Owner!.ID).toMatch(/^[0-9a-f]{64}$/);
    expect(object!.LastModified!.getMilliseconds()).toBe(0);
    expect((await s3.ListObjectsV2({ Bucket: "bucket" }, context())).Contents![0]).not.toHaveProperty("Owner");
    expect((await s3.ListObjects({ Bucket: "bucket" }, context())).Contents![0]).toHaveProperty("Owner");
  });
});
