/** Targets that are remembered, those of now not counted. */
const KEPT = 1_000;

/** When a target that wants only so many tries in a second may have its next. Each answer is a moment of its own, in milliseconds, not before `at`. */
export const createPace = () => {
  const freeAt = new Map<string, number>();

  const forgetPast = (now: number) => {
    for (const [target, at] of freeAt) if (at <= now) freeAt.delete(target);
  };

  return ({ targetArn, perSecond }: { targetArn: string; perSecond?: number }, now: number, at = now): number => {
    if (perSecond === undefined) return at;
    if (freeAt.size >= KEPT) forgetPast(now);
    const slot = Math.max(at, freeAt.get(targetArn) ?? at);
    freeAt.set(targetArn, slot + 1_000 / perSecond);
    return Math.ceil(slot);
  };
};
