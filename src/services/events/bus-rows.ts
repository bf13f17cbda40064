import { DEFAULT_BUS, findBus, type StoredBus } from "../../plumber/events/buses.ts";
import { countItems, findItem, listItems, saveItem, type Place } from "../../plumber/events/rows.ts";
import type { Operation } from "../../store/store.ts";
import { busNotFound } from "./errors.ts";
import type { BusName } from "./names.ts";

/** Throws ResourceNotFoundException. */
export function* getBus(named: BusName): Operation<StoredBus> {
  const bus = yield* findBus(named, named.name);
  if (bus === undefined) throw busNotFound(named.name);
  return bus;
}

export function* saveBus({ name, ...place }: BusName, body: StoredBus): Operation<void> {
  yield* saveItem({ account: place.account, region: place.region, name, body }, "bus");
}

/** The default bus is there, whether anything of it is kept or not: it stands in the list in its place. */
export function* listBuses(place: Place, prefix: string, after: string, most: number): Operation<(BusName & { body: StoredBus })[]> {
  const kept = yield* listItems<StoredBus>(place, "bus", { prefix, after, most });
  if (!DEFAULT_BUS.startsWith(prefix) || DEFAULT_BUS <= after || kept.some(({ name }) => name === DEFAULT_BUS)) return kept;
  const body = (yield* findBus(place, DEFAULT_BUS))!;
  return [...kept, { account: place.account, region: place.region, name: DEFAULT_BUS, body }].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Beside the default one, of which something may be kept. */
export function* countOwnBuses(place: Place): Operation<number> {
  const isDefaultKept = (yield* findItem(place, "bus", DEFAULT_BUS)) !== undefined;
  return (yield* countItems(place, "bus")) - (isDefaultKept ? 1 : 0);
}
