/** A pattern that is none, with the reason that AWS gives ("Event pattern is not valid. Reason: …"), as far as it is known. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
  /** As the message has it at its end: `[Source: (String)"…"; line: 1, column: 3]`. */
  readonly place: string | undefined;

  constructor(message: string, place?: string) {
    super(message);
    this.place = place;
  }
}

/** To look whether this event matches would hold the server: the pattern has many alternatives, and the event long arrays. */
export class PatternTooCostly extends Error {
  override readonly name = "PatternTooCostly";
}

/** An event that is no JSON object. */
export class MalformedEvent extends Error {
  override readonly name = "MalformedEvent";
}
