/** What is loaded when it is first asked for. */
export interface Once<T> {
  (): Promise<T>;
  /** Undefined as long as nobody has asked. */
  asked(): Promise<T> | undefined;
}

export const once = <T>(load: () => Promise<T>): Once<T> => {
  let loaded: Promise<T> | undefined;
  return Object.assign(() => (loaded ??= load()), { asked: () => loaded });
};
