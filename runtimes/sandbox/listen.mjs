// Listens on ports of the sandbox's own loopback, hands the listeners to the server, and becomes the sandbox's first process.
// No code of a user has run yet, and none can reach the channel: it is closed before.
import { createServer } from "node:net";

const [ports, ...command] = process.argv.slice(2);
for (const port of ports.split(",").map(Number)) {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  await new Promise((resolve, reject) => process.send({ port }, server, (error) => (error ? reject(error) : resolve())));
}
process.disconnect();
process.execve(command[0], command, {});
