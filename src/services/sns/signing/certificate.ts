import { sign, type KeyObject } from "node:crypto";

/** DER: a tag, the length of what follows, and that. */
const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
};

const lengthOf = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.from([0x80 | bytes.length, ...bytes]);
};

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
/** Of bytes whose first has no sign bit and is not zero. */
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes);
const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes);

/** sha256WithRSAEncryption, 1.2.840.113549.1.1.11. */
const ALGORITHM = sequence(der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b])), der(0x05));
/** commonName, 2.5.4.3. */
const name = (text: string): Buffer => sequence(der(0x31, sequence(der(0x06, Buffer.from([0x55, 0x04, 0x03])), der(0x0c, Buffer.from(text)))));

/** `YYYYMMDDHHMMSSZ` as GeneralizedTime, which RFC 5280 wants from 2050 on, and UTCTime before. */
const time = (ms: number): Buffer => {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return text < "2050" ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
};

/**
 * A certificate that signs itself, in its first version: a name, a time and a key are all that readers of SNS's messages look at. PEM.
 * @param serial not empty; its first bit is kept clear
 */
export const selfSignedCertificate = ({ publicKey, privateKey, commonName, serial, fromMs, toMs }: { publicKey: KeyObject; privateKey: KeyObject; commonName: string; serial: Uint8Array; fromMs: number; toMs: number }): string => {
  const subject = name(commonName);
  const body = sequence(integer(Buffer.from([1 | (serial[0]! & 0x7f), ...serial.subarray(1)])), ALGORITHM, subject, sequence(time(fromMs), time(toMs)), subject, publicKey.export({ type: "spki", format: "der" }));
  const certificate = sequence(body, ALGORITHM, bitString(sign("sha256", body, privateKey)));
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
};
