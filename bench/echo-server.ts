import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** The baseline of warm invocations: a plain `node:http` server that answers with what it got. */
const server = createServer((request, response) => {
  void buffer(request).then((body) => response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\nReady.`));
