import { EVENT_BUS_ARCHIVES_MAX } from "../../kit/limits/events.ts";
import { findBus } from "../../plumber/events/buses.ts";
import { deleteItem, listItems, saveItem, type Place } from "../../plumber/events/rows.ts";
import { sql, type Operation } from "../../store/store.ts";
import type { Service } from "../service.ts";
import { archiveArn, findArchive, sizeOf, type StoredArchive } from "./archive-rows.ts";
import { alreadyExists, busNotFound, limitExceeded, notBuilt, notFound, validation } from "./errors.ts";
import { parseBusArn } from "./names.ts";
import type { EventsHandlers, EventsParts, EventsTypes } from "./needs.ts";
import { cutPage, readPage, refuseSeveralFilters } from "./pages.ts";
import { checkEventPattern } from "./rule-rules.ts";

const missing = (name: string) => notFound(`Archive ${name} does not exist.`);

function* getArchive(place: Place, name: string): Operation<StoredArchive> {
  const archive = yield* findArchive(place, name);
  if (archive === undefined) throw missing(name);
  return archive;
}

const show = (name: string, { sourceArn, retentionDays, createdAt }: StoredArchive, { events, bytes }: { events: number; bytes: number }) => ({
  ArchiveName: name,
  EventSourceArn: sourceArn,
  State: "ENABLED" as const,
  RetentionDays: retentionDays,
  SizeBytes: bytes,
  EventCount: events,
  CreationTime: new Date(createdAt),
});

const created = (place: Place, name: string, { createdAt }: StoredArchive) => ({ ArchiveArn: archiveArn(place, name), State: "ENABLED" as const, CreationTime: new Date(createdAt) });

const refuseKey = (key: string | undefined): void => {
  if (key !== undefined && key !== "") throw notBuilt("KmsKeyIdentifier", "there is no KMS, and an archive is not encrypted by a key of yours. Leave it out.");
};

/** What is given of an archive's settings; what is not stays as it was. An empty text takes it away. */
const settingsOf = ({ Description, EventPattern, RetentionDays }: { Description?: string | undefined; EventPattern?: string | undefined; RetentionDays?: number | undefined }): Partial<StoredArchive> => ({
  ...(Description === undefined ? {} : { description: Description }),
  ...(EventPattern === undefined ? {} : { eventPattern: EventPattern }),
  ...(RetentionDays === undefined ? {} : { retentionDays: RetentionDays }),
});

const withoutEmpty = ({ description = "", eventPattern = "", ...rest }: StoredArchive): StoredArchive => ({ ...rest, ...(description === "" ? {} : { description }), ...(eventPattern === "" ? {} : { eventPattern }) });

export const archiveHandlers = ({ store, clock, random, books, sweeps }: EventsParts) =>
  ({
    async CreateArchive({ ArchiveName, EventSourceArn, KmsKeyIdentifier, ...given }, context) {
      refuseKey(KmsKeyIdentifier);
      if (given.EventPattern) checkEventPattern(given.EventPattern);
      const name = ArchiveName!;
      const bus = parseBusArn(EventSourceArn!);
      if (bus === undefined) throw validation("Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.");
      const archive = withoutEmpty({ id: random.uuid(), sourceArn: EventSourceArn!, retentionDays: 0, createdAt: clock.now(), ...settingsOf(given) });
      await store.run(function* () {
        if (bus.account !== context.account || bus.region !== context.region || (yield* findBus(bus, bus.name)) === undefined) throw busNotFound(bus.name);
        if ((yield* findArchive(context, name)) !== undefined) throw alreadyExists(`Archive ${name} already exists.`);
        const others = yield* listItems(context, "archive", { most: EVENT_BUS_ARCHIVES_MAX, having: { sourceArn: archive.sourceArn } });
        if (others.length >= EVENT_BUS_ARCHIVES_MAX) throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        yield* saveItem({ account: context.account, region: context.region, name, body: archive }, "archive");
        yield* sql("insert into event_archive (id, events, bytes, retention_days, is_gone) values (?, 0, 0, ?, 0)", archive.id, archive.retentionDays);
      });
      await books.archiveChanged({ account: context.account, region: context.region, name }, archive.sourceArn);
      sweeps.poke();
      return created(context, name, archive);
    },

    async UpdateArchive({ ArchiveName, KmsKeyIdentifier, ...given }, context) {
      refuseKey(KmsKeyIdentifier);
      if (given.EventPattern) checkEventPattern(given.EventPattern);
      const name = ArchiveName!;
      const archive = await store.run(function* () {
        const changed = withoutEmpty({ ...(yield* getArchive(context, name)), ...settingsOf(given) });
        yield* saveItem({ account: context.account, region: context.region, name, body: changed }, "archive");
        yield* sql("update event_archive set retention_days = ? where id = ?", changed.retentionDays, changed.id);
        return changed;
      });
      await books.archiveChanged({ account: context.account, region: context.region, name }, archive.sourceArn);
      sweeps.poke();
      return created(context, name, archive);
    },

    async DescribeArchive({ ArchiveName }, context) {
      const name = ArchiveName!;
      return store.read(function* () {
        const archive = yield* getArchive(context, name);
        return { ArchiveArn: archiveArn(context, name), ...show(name, archive, yield* sizeOf(archive.id)), Description: archive.description, EventPattern: archive.eventPattern };
      });
    },

    /** Its events are swept behind the answer. */
    async DeleteArchive({ ArchiveName }, context) {
      const name = ArchiveName!;
      const archive = await store.run(function* () {
        const found = yield* getArchive(context, name);
        yield* deleteItem(context, "archive", name);
        yield* sql("update event_archive set is_gone = 1 where id = ?", found.id);
        return found;
      });
      await books.archiveChanged({ account: context.account, region: context.region, name }, archive.sourceArn);
      sweeps.poke();
      return {};
    },

    async ListArchives({ NamePrefix, EventSourceArn, State, ...input }, context) {
      refuseSeveralFilters("ListArchives", NamePrefix, EventSourceArn, State);
      const page = readPage("ListArchives", input);
      if (State !== undefined && State !== "ENABLED") return { Archives: [] };
      return store.read(function* () {
        const found = yield* listItems<StoredArchive>(context, "archive", { prefix: NamePrefix ?? "", after: page.after, most: page.most + 1, having: { sourceArn: EventSourceArn } });
        const { rows, ...more } = cutPage("ListArchives", found, page, ({ name }) => name);
        const Archives = [];
        for (const { name, body } of rows) Archives.push(show(name, body, yield* sizeOf(body.id)));
        return { Archives, ...more };
      });
    },
  }) satisfies EventsHandlers;

const onArchive = (action: string) => ({ ArchiveName }: { ArchiveName?: string | undefined }, context: Place) => [{ action: `events:${action}`, resource: archiveArn(context, ArchiveName!) }];

export const archivePermissions = {
  UpdateArchive: onArchive("UpdateArchive"),
  DescribeArchive: onArchive("DescribeArchive"),
  DeleteArchive: onArchive("DeleteArchive"),
  ListArchives: () => [{ action: "events:ListArchives", resource: "*" }],
} satisfies Service<EventsTypes>["permissions"];
