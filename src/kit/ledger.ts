/** The chain that an event belongs to, from its source on. */
export interface Trace {
  /** `1-<8 hex>-<24 hex>`: the Root of an X-Amzn-Trace-Id. */
  id: string;
  /** `a:b` pairs of hops, AWS's Lineage: how often each function was passed. */
  lineage?: string;
  /** The caller's decision, or the function's own: its spans are to be kept. */
  isSampled?: true;
  /** As the caller wrote it: who only hands it on hands on this. */
  header?: string;
  /** It began here: a service that hands a message on tells a queue of no chain. */
  isUntold?: true;
}

/**
 * One hop of an event's story.
 *
 * request: an API call came in · event: a service made an event of it · match: which subscription did or did not match ·
 * decision: what the policies said, and why · queued: accepted on disk · attempt: one run in an environment ·
 * result: what it returned · retry / drop: what happens to it next · notice: something the platform has to tell
 */
export type LedgerKind = "request" | "event" | "match" | "decision" | "queued" | "attempt" | "result" | "retry" | "drop" | "notice";

export interface LedgerEntry {
  traceId: string;
  kind: LedgerKind;
  /** Milliseconds since the epoch, platform clock; filled in by the ledger. */
  at?: number;
  account: string;
  region: string;
  /** What `why` can be asked with: request ids, `bucket/key`, function names and ARNs. */
  keys: readonly string[];
  /** One sentence in plain words, present tense. */
  summary: string;
  /** What the sentence rests on; JSON. */
  detail: Record<string, unknown>;
}

export interface LedgerStory {
  traceId: string;
  entries: (LedgerEntry & { at: number })[];
}

/** Appended behind the work, in batches: nothing waits for it, a crash may cost the last batch. */
export interface Ledger {
  record(entry: LedgerEntry): void;
  /** The newest stories that carry this key or trace id, newest first. Flushes first, so it sees what was recorded before. */
  find(key: string, options?: { limit?: number }): Promise<LedgerStory[]>;
  flush(): Promise<void>;
}
