import { createPrivateKey, generateKeyPair, hash, sign, X509Certificate, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { open, seal } from "../../../iam/seal.ts";
import { once } from "../../../kit/once.ts";
import { findSigningKey, insertSigningKey } from "../../../plumber/signing-certificates.ts";
import type { SnsNeeds } from "../needs.ts";
import { selfSignedCertificate } from "./certificate.ts";

export type SignatureVersion = "1" | "2";

/** Signs what is sent, as its readers check it. */
export interface Signer {
  /** Base64. */
  sign(version: SignatureVersion, text: string): Promise<string>;
  /** The path of the certificate on this server: `/SimpleNotificationService-….pem`. */
  certificatePath(): Promise<string>;
}

const KEY_BITS = 2_048;
const YEARS_MS = 30 * 365 * 24 * 60 * 60 * 1_000;
const DIGEST: Record<SignatureVersion, string> = { "1": "sha1", "2": "sha256" };

const newKeyPair = promisify(generateKeyPair);
const signed = promisify(sign) as (digest: string, data: Buffer, key: KeyObject) => Promise<Buffer>;

/** With the key of this installation: made with the first message that is signed, kept with its certificate, and sealed as other secrets are. */
export const createSigner = ({ store, random, wall, sessionKey, log }: Pick<SnsNeeds, "store" | "random" | "wall" | "sessionKey" | "log">): Signer => {
  const make = async () => {
    const { publicKey, privateKey } = await newKeyPair("rsa", { modulusLength: KEY_BITS });
    const now = wall.now();
    const certificate = selfSignedCertificate({ publicKey, privateKey, commonName: "sns.amazonaws.com", serial: random.bytes(16), fromMs: now - 24 * 60 * 60 * 1_000, toMs: now + YEARS_MS });
    const id = hash("sha256", certificate, "hex").slice(0, 32);
    await store.run(() => insertSigningKey({ id, sealedKey: seal(sessionKey, privateKey.export({ type: "pkcs8", format: "pem" }), random), certificate }));
  };
  /** Undefined when there is none, or when what sealed it is gone. */
  const load = async (): Promise<{ id: string; key: KeyObject } | undefined> => {
    const kept = await store.run(findSigningKey);
    const pem = kept === undefined ? undefined : open(sessionKey, kept.sealedKey);
    if (kept === undefined || typeof pem !== "string") return undefined;
    const key = createPrivateKey(pem);
    return new X509Certificate(kept.certificate).checkPrivateKey(key) ? { id: kept.id, key } : undefined;
  };
  const key = once(async () => {
    const kept = await load();
    if (kept !== undefined) return kept;
    await make();
    const made = await load();
    if (made === undefined) throw new Error("the key that messages of SNS are signed with was written, and cannot be read");
    log.info("a key was made that messages of SNS are signed with", { certificate: made.id });
    return made;
  });

  return {
    sign: async (version, text) => (await signed(DIGEST[version], Buffer.from(text), (await key()).key)).toString("base64"),
    certificatePath: async () => `/SimpleNotificationService-${(await key()).id}.pem`,
  };
};
