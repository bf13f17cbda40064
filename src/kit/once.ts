/** What is loaded when it is first asked for. What could not be is tried again by whoever asks next. */
export interface Once<T> {
  (): Promise<T>;
  /** Undefined as long as nobody has asked. */
  asked(): Promise<T> | undefined;
}

export const once = <T>(load: () => Promise<T>): Once<T> => {
  let loaded: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    loaded = load();
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
  return Object.assign(() => loaded ?? begin(), { asked: () => loaded });
};
