/** What a function's settings ask of the scheduler. */
export interface FunctionLimits {
  /** Executions that only this function may use, and no more than these. Zero: it is always throttled. */
  reservedConcurrency?: number;
  /** Executions that its versions and aliases have provisioned: a part of the reservation, or, without one, of what the account has left. */
  provisionedConcurrency?: number;
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
  /** The functions of an account in a region that have reserved or provisioned something, by their names. */
  setAsideIn(at: { account: string; region: string }): ReadonlyMap<string, FunctionLimits>;
}

const NONE: FunctionLimits = {};
const NOTHING_ASIDE: ReadonlyMap<string, FunctionLimits> = new Map();

/** What the others of the account cannot use. */
export const setAside = ({ reservedConcurrency, provisionedConcurrency = 0 }: FunctionLimits): number => reservedConcurrency ?? provisionedConcurrency;

export const setAsideBy = (all: ReadonlyMap<string, FunctionLimits>): number => {
  let sum = 0;
  for (const one of all.values()) sum += setAside(one);
  return sum;
};

/** In memory, beside the counts that they are compared with: an invocation asks no disk for its lease. The functions' rows keep them. */
export const createFunctionLimits = (): FunctionLimitsTable => {
  const limits = new Map<string, FunctionLimits>();
  const aside = new Map<string, Map<string, FunctionLimits>>();
  const regionKey = ({ account, region }: { account: string; region: string }) => `${account}/${region}`;
  const keyOf = (place: FunctionPlace) => `${regionKey(place)}/${place.name}`;
  return {
    of: (place) => limits.get(keyOf(place)) ?? NONE,
    set(place, next) {
      if (Object.keys(next).length === 0) limits.delete(keyOf(place));
      else limits.set(keyOf(place), next);
      const inRegion = aside.get(regionKey(place)) ?? new Map<string, FunctionLimits>();
      if (next.reservedConcurrency === undefined && next.provisionedConcurrency === undefined) inRegion.delete(place.name);
      else inRegion.set(place.name, next);
      if (inRegion.size === 0) aside.delete(regionKey(place));
      else aside.set(regionKey(place), inRegion);
    },
    setAsideIn: (at) => aside.get(regionKey(at)) ?? NOTHING_ASIDE,
  };
};
