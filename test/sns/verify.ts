import { createVerify, X509Certificate } from "node:crypto";

/** A message as its reader has it: JSON of an HTTP endpoint, a queue, or the `Sns` of a function's event. */
type Received = Readonly<Record<string, unknown>>;

const NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/**
 * As AWS tells readers to check what they get ("Verifying the signatures of Amazon SNS messages"): the certificate from the URL that the message names, the members in alphabetical order,
 * each name and value in a line of its own, and a subject only where there is one; SHA1 for version 1, SHA256 for version 2.
 */
export const isVerified = async (message: Received): Promise<boolean> => {
  const url = (message["SigningCertURL"] ?? message["SigningCertUrl"]) as string;
  if (!/^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/.test(new URL(url).pathname)) throw new Error(`${url} is no certificate's`);
  const answer = await fetch(url);
  const pem = await answer.text();
  const certificate = new X509Certificate(pem);
  if (certificate.subject !== "CN=sns.amazonaws.com" || !certificate.verify(certificate.publicKey)) throw new Error("the certificate is not SNS's");
  const now = Date.now();
  if (!(Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo))) throw new Error("the certificate is not valid now");
  const members = message["Type"] === "Notification" ? NOTIFICATION : CONFIRMATION;
  let text = "";
  for (const name of members) {
    const value = message[name] ?? message[name.replace("URL", "Url")];
    if (value !== undefined && value !== null) text += `${name}\n${String(value)}\n`;
  }
  const verify = createVerify(message["SignatureVersion"] === "2" ? "RSA-SHA256" : "RSA-SHA1");
  return verify.update(text, "utf8").verify(pem, message["Signature"] as string, "base64");
};
