/** A leaf of an event. */
export type Scalar = string | number | boolean | null;

/** What is asked of a text. `\*` and `\\` of a wildcard are resolved: its pieces are what stands between its stars, and one of no star has one piece. */
export type WantedText =
  | { kind: "equals" | "prefix" | "suffix"; text: string; isCaseIgnored: boolean }
  | { kind: "wildcard"; pieces: readonly string[] };

/** A range of numbers; what is open has no end. */
export interface NumberRange {
  low: number;
  isLowWithin: boolean;
  high: number;
  isHighWithin: boolean;
}

export interface Address {
  bits: 32 | 128;
  value: bigint;
}

/** What one member of a pattern's array asks for: a value that passes, or that there is none. */
export type Wanted =
  | { kind: "value"; value: Scalar }
  | { kind: "text"; text: WantedText }
  | { kind: "numeric"; range: NumberRange }
  | { kind: "cidr"; first: Address; last: Address }
  | { kind: "anything-but"; values: readonly (string | number)[] }
  /** A value of any kind; a text that is none of these. */
  | { kind: "anything-but-text"; texts: readonly WantedText[] }
  | { kind: "present" }
  | { kind: "absent" };
