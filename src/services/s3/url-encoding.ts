/** As S3 encodes keys in events and for `encoding-type=url`: a space is `+`, `/` stays, all but letters, digits and `-_.*` is %XX. */
export const urlEncodeKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
