/** What a function's settings ask of the scheduler. */
export interface FunctionLimits {
  /** Executions that only this function may use, and no more than these. Zero: it is always throttled. */
  reservedConcurrency?: number;
  /** `Allow`: it may be invoked in a loop (PutFunctionRecursionConfig). */
  recursiveLoop?: "Allow" | "Terminate";
}

export interface FunctionPlace {
  account: string;
  region: string;
  name: string;
}

export interface FunctionLimitsTable {
  of(place: FunctionPlace): FunctionLimits;
  /** After the commit that changed them; nothing for a function that is gone. */
  set(place: FunctionPlace, limits: FunctionLimits): void;
  /** The reservations of an account in a region, by the function's name. */
  reservedIn(at: { account: string; region: string }): ReadonlyMap<string, number>;
}

const NONE: FunctionLimits = {};
const NO_RESERVATIONS: ReadonlyMap<string, number> = new Map();

/** In memory, beside the counts that they are compared with: an invocation asks no disk for its lease. The functions' rows keep them. */
export const createFunctionLimits = (): FunctionLimitsTable => {
  const limits = new Map<string, FunctionLimits>();
  const reserved = new Map<string, Map<string, number>>();
  const regionKey = ({ account, region }: { account: string; region: string }) => `${account}/${region}`;
  const keyOf = (place: FunctionPlace) => `${regionKey(place)}/${place.name}`;
  return {
    of: (place) => limits.get(keyOf(place)) ?? NONE,
    set(place, next) {
      if (next.reservedConcurrency === undefined && next.recursiveLoop === undefined) limits.delete(keyOf(place));
      else limits.set(keyOf(place), next);
      const inRegion = reserved.get(regionKey(place)) ?? new Map<string, number>();
      if (next.reservedConcurrency === undefined) inRegion.delete(place.name);
      else inRegion.set(place.name, next.reservedConcurrency);
      if (inRegion.size === 0) reserved.delete(regionKey(place));
      else reserved.set(regionKey(place), inRegion);
    },
    reservedIn: (at) => reserved.get(regionKey(at)) ?? NO_RESERVATIONS,
  };
};
