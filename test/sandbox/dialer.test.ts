import { expect, it } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { createDialerInside } from "../../src/sandbox/dialer.ts";

it("a dialer that is closed enters no network any more", async () => {
  const dialer = createDialerInside({ rank: "root", wall: createClock() });
  await dialer.close();
  await expect(dialer.connect(process.pid, 1)).rejects.toThrow("it is closed");
});
