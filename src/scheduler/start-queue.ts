import { createTally } from "../kit/tally.ts";

/** Lets a few of many begin at once. Of those that wait, one of the group that has fewest under way is next, the longest waiting first. */
export interface StartQueue {
  /** Resolves when its turn has come, with what ends it. */
  enter(group: object): Promise<() => void>;
}

interface Waiting {
  group: object;
  begin(): void;
}

export const createStartQueue = (atOnce: number): StartQueue => {
  const waiting: Waiting[] = [];
  const underWay = createTally<object>();
  let total = 0;

  const leave = (group: object) => {
    total--;
    underWay.remove(group);
    fill();
  };
  const fill = () => {
    while (total < atOnce && waiting.length > 0) {
      const next = waiting.reduce((least, one) => (underWay.of(one.group) < underWay.of(least.group) ? one : least));
      waiting.splice(waiting.indexOf(next), 1);
      total++;
      underWay.add(next.group);
      next.begin();
    }
  };

  return {
    enter: (group) =>
      new Promise((resolve) => {
        let isOver = false;
        const end = () => {
          if (isOver) return;
          isOver = true;
          leave(group);
        };
        waiting.push({ group, begin: () => resolve(end) });
        fill();
      }),
  };
};
