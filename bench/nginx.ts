import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "./server.ts";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

/** One worker, connections to the server behind kept: what a proxy costs that does nothing but pass on. */
const configuration = (directory: string, port: number, behind: Pick<Server, "port">): string => `
daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 256; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream behind { server 127.0.0.1:${behind.port}; keepalive 64; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}`;

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });

/** nginx in front of another server; undefined where there is no nginx. */
export const startNginx = async (behind: Pick<Server, "port">): Promise<Server | undefined> => {
  if (spawnSync("nginx", ["-v"]).status !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-nginx-"));
  const port = await freePort();
  writeFileSync(join(directory, "nginx.conf"), configuration(directory, port, behind));
  const child = spawn("nginx", ["-c", join(directory, "nginx.conf"), "-p", directory], { stdio: "ignore" });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGQUIT");
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  while (!(await isListening(port))) {
    if (child.exitCode !== null) {
      await stop();
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { host: "127.0.0.1", port, endpoint: `http://127.0.0.1:${port}`, pid: child.pid!, stop };
};
