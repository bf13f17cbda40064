/** Tags as condition keys: of what is asked for (`aws:RequestTag/…`), or of what it is asked about (`aws:ResourceTag/…`). */
export const tagKeys = (kind: "RequestTag" | "ResourceTag", tags: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:${kind}/${key}`, value ?? ""]));
