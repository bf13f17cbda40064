import fc from "fast-check";
import { expect, it } from "vitest";
import { createHeld, type CountedMessage } from "../../src/services/sqs/held.ts";

/** In the unit that is counted in, so that what is visible is no matter of opinion. */
const message = fc.record({ visibleAt: fc.integer({ min: 1, max: 40 }).map((at) => at * 100), isReceived: fc.boolean(), tenant: fc.constantFrom(null, "a", "b") });
const step = fc.oneof(
  message.map((added) => ({ added })),
  fc.nat().map((removed) => ({ removed })),
  fc.integer({ min: 0, max: 900 }).map((passed) => ({ passed })),
);

it("counts what a list of all messages and the time would", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
    const held = createHeld();
    const all: CountedMessage[] = [];
    let now = 0;
    held.advance(now);
    for (const one of steps) {
      if ("added" in one) {
        all.push(one.added);
        held.add(one.added);
      } else if ("passed" in one) held.advance((now += one.passed));
      else if (all.length > 0) held.remove(all.splice(one.removed % all.length, 1)[0]!);
      const hidden = all.filter(({ visibleAt }) => visibleAt > now);
      const inFlight = hidden.filter(({ isReceived }) => isReceived);
      expect([held.delayed, held.inFlight, held.inFlightOf("a"), held.inFlightOf("b")]).toEqual([
        hidden.length - inFlight.length, inFlight.length, inFlight.filter(({ tenant }) => tenant === "a").length, inFlight.filter(({ tenant }) => tenant === "b").length,
      ]);
    }
  }));
});
