// Started by the server in a sandbox's network, and in nothing else of it: connects to ports of its loopback, and hands the connections out.
import { connect } from "node:net";

process.on("message", ({ id, port }) => {
  const socket = connect({ port, host: "127.0.0.1" }).pause();
  const fail = (error) => process.send({ id, error: error.message });
  socket.once("error", fail);
  socket.once("connect", () => {
    socket.off("error", fail).on("error", () => {});
    process.send({ id }, socket);
  });
});
process.once("disconnect", () => process.exit());
