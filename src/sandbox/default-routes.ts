import { readFileSync } from "node:fs";
import type { Family } from "./networks.ts";

/** The kernel's own word: which families have a default route in the network of that process, by another device than this one. */
export const defaultRoutesOf = (pid: number, besides?: string): Set<Family> => {
  const lines = (name: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n");
    } catch {
      return [];
    }
  };
  const found = new Set<Family>();
  for (const line of lines("route")) {
    const [device, destination] = line.split("\t");
    if (destination === "00000000" && device !== besides) found.add("IPv4");
  }
  for (const line of lines("ipv6_route")) {
    const device = line.trimEnd().split(" ").at(-1);
    if (/^0{32} 00 /.test(line) && device !== "lo" && device !== besides) found.add("IPv6");
  }
  return found;
};
