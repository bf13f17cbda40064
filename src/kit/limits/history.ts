/** Milliseconds. Log lines and ledger entries are gathered for one commit: what a crash may cost, and ours to choose. */
export const HISTORY_GATHER_MS = 50;
/** Entries of the ledger in all and not yet written, and milliseconds that one is kept; ours. */
export const LEDGER_ENTRIES_MAX = 500_000;
export const LEDGER_PENDING_MAX = 50_000;
export const LEDGER_AGE_MS_MAX = 14 * 24 * 60 * 60 * 1000;
/** Entries, and milliseconds of platform time, between two looks at what the ledger has too much of, whichever is sooner; ours. */
export const LEDGER_PRUNE_ENTRIES = 200;
export const LEDGER_PRUNE_MS = 60 * 60 * 1000;
