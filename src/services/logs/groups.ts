import { ApiError } from "../../kit/api-error.ts";
import { sql } from "../../store/store.ts";
import { groupExists, invalidParameter, notBuilt } from "./errors.ts";
import { identifiedGroup, logGroupArn, type Place } from "./names.ts";
import type { LogsHandlers, Parts } from "./needs.ts";
import { abandonGroup } from "./removal.ts";
import { findGroup, getGroup, listGroups, type Group } from "./state.ts";
import { pageToken, parsePageToken } from "./tokens.ts";

const PAGE_MAX = 50;
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

export const groupHandlers = ({ store, clock, ids, removal }: Parts) =>
  ({
    async CreateLogGroup({ logGroupName, kmsKeyId, tags, logGroupClass = "STANDARD", deletionProtectionEnabled }, context) {
      if (kmsKeyId !== undefined) throw notBuilt("encryption with kmsKeyId");
      if (logGroupClass !== "STANDARD" && logGroupClass !== "INFREQUENT_ACCESS") throw notBuilt(`log group class ${logGroupClass}`);
      if (/^aws\//i.test(logGroupName!)) throw invalidParameter("Log groups starting with AWS/ are reserved for AWS.");
      const id = await ids.take();
      const now = clock.now();
      await store.run(function* () {
        const existing = yield* findGroup(context, logGroupName!);
        if (existing?.id === id) return;
        if (existing !== undefined) throw groupExists();
        yield* sql(
          "insert into log_group (id, account, region, name, created_at, class, is_protected, tags, stored_bytes) values (?, ?, ?, ?, ?, ?, ?, ?, 0)",
          id,
          context.account,
          context.region,
          logGroupName!,
          now,
          logGroupClass,
          deletionProtectionEnabled === true ? 1 : 0,
          JSON.stringify(tags ?? {}),
        );
      });
      return {};
    },

    async DeleteLogGroup({ logGroupName }, context) {
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        if (group.isProtected) {
          throw new ApiError("ValidationException", "The specified log group has deletion protection enabled. Disable it with PutLogGroupDeletionProtection first.");
        }
        yield* sql("delete from log_filter where group_id = ?", group.id);
        yield* sql("delete from log_resource_policy where account = ? and region = ? and group_name = ?", context.account, context.region, group.name);
        yield* abandonGroup(group.id);
      });
      removal();
      return {};
    },

    async DescribeLogGroups(input, context) {
      const { logGroupNamePrefix, logGroupNamePattern, logGroupIdentifiers, nextToken, limit = PAGE_MAX, logGroupClass } = input;
      if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
        throw invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
      }
      const named = logGroupIdentifiers && new Set(logGroupIdentifiers.map((identifier) => identifiedGroup(identifier, context)));
      const isWanted = ({ name, groupClass }: Group) =>
        (logGroupNamePattern === undefined || name.includes(logGroupNamePattern)) &&
        (logGroupClass === undefined || groupClass === logGroupClass) &&
        (named === undefined || named.has(name));
      const found: Group[] = [];
      let after = nextToken === undefined ? "" : String(parsePageToken("groups", nextToken)[0]);
      while (found.length <= limit) {
        const range = { prefix: logGroupNamePrefix ?? "", after, limit: 500 };
        const page = await store.run(() => listGroups(context, range));
        found.push(...page.filter(isWanted));
        if (page.length < 500) break;
        after = page.at(-1)!.name;
      }
      const logGroups = found.slice(0, limit);
      return {
        logGroups: logGroups.map((group) => (logGroupNamePattern === undefined ? describeGroup(context, group) : nameGroup(context, group))),
        ...(found.length > limit ? { nextToken: pageToken("groups", [logGroups.at(-1)!.name]) } : {}),
      };
    },

    async PutRetentionPolicy({ logGroupName, retentionInDays }, context) {
      if (!RETENTION_DAYS.includes(retentionInDays!)) {
        throw invalidParameter(
          `1 validation error detected: Value at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(", ")}]`,
        );
      }
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        yield* sql("update log_group set retention_days = ? where id = ?", retentionInDays!, group.id);
      });
      return {};
    },

    async DeleteRetentionPolicy({ logGroupName }, context) {
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        yield* sql("update log_group set retention_days = null where id = ?", group.id);
      });
      return {};
    },

    async PutLogGroupDeletionProtection({ logGroupIdentifier, deletionProtectionEnabled }, context) {
      await store.run(function* () {
        const group = yield* getGroup(context, identifiedGroup(logGroupIdentifier!, context));
        yield* sql("update log_group set is_protected = ? where id = ?", deletionProtectionEnabled === true ? 1 : 0, group.id);
      });
      return {};
    },
  }) satisfies LogsHandlers;

/** "If you specify logGroupNamePattern in your request, then only arn, creationTime, and logGroupName are included in the response" (API reference, of the time before the other two). */
const nameGroup = (place: Place, { name, createdAt, groupClass }: Group) => ({
  logGroupName: name,
  creationTime: createdAt,
  arn: `${logGroupArn(place, name)}:*`,
  logGroupClass: groupClass,
  logGroupArn: logGroupArn(place, name),
});

const describeGroup = (place: Place, group: Group) => ({
  ...nameGroup(place, group),
  ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
  metricFilterCount: group.metricFilters,
  storedBytes: group.storedBytes,
  deletionProtectionEnabled: group.isProtected,
});
