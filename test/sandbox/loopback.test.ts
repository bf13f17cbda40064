import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ENVIRONMENT_CONNECTIONS_MAX } from "../../src/kit/limits/runtime.ts";
import { listenOnLoopback } from "../../src/sandbox/loopback.ts";
import { eventually } from "../support/temporary.ts";

it("a sandbox has so many connections to the server, and another one when it closes one", async () => {
  const answered = new Set<Socket>();
  const { addresses, close } = await listenOnLoopback([{ name: "endpoint", port: 4566, onConnection: (socket) => void answered.add(socket.resume().on("error", () => {})) }]);
  const opened: Socket[] = [];
  onTestFinished(() => {
    close();
    for (const socket of opened) socket.destroy();
  });
  const open = async () => {
    const socket = connect(Number(addresses["endpoint"]!.split(":")[1]), "127.0.0.1").on("error", () => {});
    opened.push(socket);
    await once(socket, "connect");
    return socket;
  };
  for (let count = 0; count < ENVIRONMENT_CONNECTIONS_MAX; count++) await open();
  await eventually("all are answered", () => answered.size === ENVIRONMENT_CONNECTIONS_MAX);
  await once((await open()).resume(), "close");
  expect(answered.size).toBe(ENVIRONMENT_CONNECTIONS_MAX);
  const [first] = [...answered];
  opened[0]!.destroy();
  await once(first!, "close");
  await open();
  await eventually("another one is answered", () => answered.size === ENVIRONMENT_CONNECTIONS_MAX + 1);
});
