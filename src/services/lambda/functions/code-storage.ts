import { ApiError } from "../../../kit/api-error.ts";
import { CODE_STORAGE_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { sqlOne, type Operation } from "../../../store/store.ts";

interface Place {
  account: string;
  region: string;
}

/** Bytes of the packages of all functions, versions and layers of a place, zipped. */
export function* codeStorageBytes({ account, region }: Place): Operation<number> {
  const row = yield* sqlOne(
    `select (select coalesce(sum(code_size), 0) from lambda_function where account = ? and region = ?)
       + (select coalesce(sum(code_size), 0) from lambda_version where account = ? and region = ?)
       + (select coalesce(sum(code_size), 0) from lambda_layer_version where account = ? and region = ?) as bytes`,
    account, region, account, region, account, region,
  );
  return Number(row!["bytes"]);
}

/** In the commit that adds a package: throws when it would be one too many. @param replacedBytes Of the package that it takes the place of. */
export function* refuseBeyondCodeStorage(at: Place, bytes: number, replacedBytes = 0): Operation<void> {
  if ((yield* codeStorageBytes(at)) - replacedBytes + bytes > CODE_STORAGE_BYTES_MAX) throw new ApiError("CodeStorageExceededException", "Code storage limit exceeded.", { status: 400, members: { Type: "User" } });
}
