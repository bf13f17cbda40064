/** Of a rule's pattern, what policies may speak of: the fields, and the condition key of each ("Using IAM policy conditions in Amazon EventBridge"). */
const FIELDS: Record<string, readonly string[]> = {
  "events:source": ["source"],
  "events:detail-type": ["detail-type"],
  "events:detail.service": ["detail", "service"],
  "events:detail.eventTypeCode": ["detail", "eventTypeCode"],
  "events:detail.userIdentity.principalId": ["detail", "userIdentity", "principalId"],
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const at = (value: unknown, path: readonly string[]): unknown => path.reduce<unknown>((one, name) => (typeof one === "object" && one !== null && Object.hasOwn(one, name) ? (one as Record<string, unknown>)[name] : undefined), value);

/** Texts that a pattern asks for, under their condition keys. What is no text (`{"prefix": …}`) has its JSON: no policy that names sources lets it pass. */
export const patternKeys = (eventPattern: string | undefined): Record<string, string[]> => {
  if (eventPattern === undefined) return {};
  const pattern = parse(eventPattern);
  return Object.fromEntries(
    Object.entries(FIELDS).flatMap(([key, path]) => {
      const wanted = at(pattern, path);
      return Array.isArray(wanted) ? [[key, wanted.map((one: unknown) => (typeof one === "string" ? one : JSON.stringify(one)))]] : [];
    }),
  );
};
