interface Needs {
  /** Messages that may be under way at once. */
  runningMax: number;
  /** Bytes of all that is under way; one message goes whatever its size. */
  bytesMax: number;
  run(text: string): Promise<void>;
  /** No more may come; later: more may come. */
  pause(): void;
  resume(): void;
}

/**
 * The messages of one client, begun in their order. While as many are under way as may be, nothing more is read of its connection; what a piece
 * of it that was read already has of messages waits here.
 */
export const createWaitingMessages = ({ runningMax, bytesMax, run, pause, resume }: Needs) => {
  const waiting: string[] = [];
  let next = 0;
  let running = 0;
  let bytes = 0;
  let isPaused = false;

  const hasRoom = (): boolean => running < runningMax && (running === 0 || bytes < bytesMax);

  const begin = (text: string) => {
    running++;
    bytes += text.length;
    void run(text).finally(() => {
      running--;
      bytes -= text.length;
      advance();
    });
  };
  const advance = () => {
    while (next < waiting.length && hasRoom()) begin(waiting[next++]!);
    if (next === waiting.length) {
      waiting.length = 0;
      next = 0;
    }
    if (isPaused && waiting.length === 0 && hasRoom()) {
      isPaused = false;
      resume();
    }
  };

  return {
    take(text: string): void {
      if (waiting.length === 0 && hasRoom()) begin(text);
      else waiting.push(text);
      if (!isPaused && !hasRoom()) {
        isPaused = true;
        pause();
      }
    },
    /** What waits is let go: its client is gone. */
    clear(): void {
      waiting.length = 0;
      next = 0;
    },
  };
};
