import { BlockList, isIP } from "node:net";

/** An address, or a range in CIDR form, of either family. An IPv4 address mapped into IPv6 is the IPv4 address. */
export const isInRange = (address: string, range: string): boolean => {
  const [base = "", bits] = range.split("/");
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(base);
  if (family === 0 || family !== isIP(plain)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(base, prefix, type);
  return list.check(plain, type);
};
