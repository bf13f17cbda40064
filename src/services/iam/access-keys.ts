import type { AccessKey, AccessKeyMetadata } from "@aws-sdk/client-iam";
import { seal } from "../../iam/seal.ts";
import { ApiError } from "../../kit/api-error.ts";
import { accessKeyIdOf } from "../../kit/ids.ts";
import { ACCESS_KEYS_PER_USER_MAX } from "../../kit/limits/iam.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { pageAfter } from "./pages.ts";
import type { IamHandlers, IamNeeds } from "./service.ts";
import { dateOf, getUser, limitExceeded, noSuchEntity } from "./state.ts";
import { userNameOf } from "./users.ts";
import { createWrite } from "./write.ts";

/** Bytes that become the forty characters of a secret. */
const SECRET_BYTES = 30;

const describe = (row: Row): AccessKeyMetadata => ({
  UserName: row["user_name"] as string,
  AccessKeyId: row["access_key_id"] as string,
  Status: row["status"] as AccessKeyMetadata["Status"],
  CreateDate: dateOf(row["created_at"] as number),
});

function* getKey(account: string, userName: string, accessKeyId: string): Operation<Row> {
  yield* getUser(account, userName);
  const row = yield* sqlOne("select * from iam_access_key where account = ? and user_name = ? and access_key_id = ?", account, userName, accessKeyId);
  if (row === undefined) throw noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`);
  return row;
}

/** Keys of users. SigV4 needs the secret itself, so it is kept, sealed with the server's key; it is told once, when it is made. */
export const accessKeyHandlers = (needs: IamNeeds) => {
  const { store, clock, random, sessionKey } = needs;
  const write = createWrite(needs);

  return {
    async CreateAccessKey(input, context) {
      const { account } = context;
      const userName = userNameOf(input.UserName, context);
      const accessKeyId = accessKeyIdOf(random, "AKIA", account);
      const secret = random.bytes(SECRET_BYTES).toString("base64");
      const sealed = seal(sessionKey, secret, random);
      const row = await write(function* () {
        yield* getUser(account, userName);
        const count = (yield* sqlOne("select count(*) as n from iam_access_key where account = ? and user_name = ?", account, userName))!["n"] as number;
        if (count >= ACCESS_KEYS_PER_USER_MAX) throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${ACCESS_KEYS_PER_USER_MAX}`);
        yield* sql("insert into iam_access_key (access_key_id, account, user_name, sealed_secret, status, created_at) values (?, ?, ?, ?, 'Active', ?)", accessKeyId, account, userName, sealed, clock.now());
        return yield* getKey(account, userName, accessKeyId);
      });
      return { AccessKey: { ...(describe(row) as AccessKey), SecretAccessKey: secret } };
    },

    async ListAccessKeys(input, context) {
      const { account, caller } = context;
      // The root has no keys of this kind: it signs with `test`.
      if (input.UserName === undefined && caller.type === "root") return { AccessKeyMetadata: [], IsTruncated: false };
      const userName = userNameOf(input.UserName, context);
      const rows = await store.run(function* () {
        yield* getUser(account, userName);
        return yield* sql("select * from iam_access_key where account = ? and user_name = ? order by access_key_id", account, userName);
      });
      const { items, rest } = pageAfter(rows, (row) => row["access_key_id"] as string, input);
      return { AccessKeyMetadata: items.map(describe), ...rest };
    },

    async UpdateAccessKey(input, context) {
      const userName = userNameOf(input.UserName, context);
      if (input.Status !== "Active" && input.Status !== "Inactive") throw new ApiError("ValidationError", `The status of an access key is Active or Inactive, not ${input.Status}`, { status: 400 });
      await write(function* () {
        yield* getKey(context.account, userName, input.AccessKeyId!);
        yield* sql("update iam_access_key set status = ? where access_key_id = ?", input.Status!, input.AccessKeyId!);
      });
    },

    async DeleteAccessKey(input, context) {
      const userName = userNameOf(input.UserName, context);
      await write(function* () {
        yield* getKey(context.account, userName, input.AccessKeyId!);
        yield* sql("delete from iam_access_key where access_key_id = ?", input.AccessKeyId!);
      });
    },

    async GetAccessKeyLastUsed(input, { account, caller }) {
      const row = await store.run(() => sqlOne("select * from iam_access_key where access_key_id = ? and account = ?", input.AccessKeyId!, account));
      // The API models no error for it; AWS does not tell which keys there are.
      if (row === undefined) throw new ApiError("AccessDenied", `User: ${caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key ${input.AccessKeyId}`, { status: 403 });
      const { last_used_at: at, last_used_service: service, last_used_region: region } = row;
      return {
        UserName: row["user_name"] as string,
        AccessKeyLastUsed: { LastUsedDate: at === null ? undefined : dateOf(at as number), ServiceName: (service as string | null) ?? "N/A", Region: (region as string | null) ?? "N/A" },
      };
    },
  } satisfies IamHandlers;
};
