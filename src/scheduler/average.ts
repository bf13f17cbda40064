/** A mean that follows what is added, the newest counting most. */
export interface Average {
  /** Undefined before the first. */
  readonly value: number | undefined;
  add(value: number): void;
}

const WEIGHT_OF_NEWEST = 0.2;

export const createAverage = (): Average => {
  let mean: number | undefined;
  return {
    get value() { return mean; },
    add: (value) => void (mean = mean === undefined ? value : mean + (value - mean) * WEIGHT_OF_NEWEST),
  };
};
