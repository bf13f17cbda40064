/** Characters without white space of a managed policy, of a role's trust policy, and of all inline policies of one role or user (IAM quotas). */
export const MANAGED_POLICY_CHARACTERS_MAX = 6_144;
export const TRUST_POLICY_CHARACTERS_MAX = 2_048;
export const INLINE_POLICY_CHARACTERS_MAX = { role: 10_240, user: 2_048 } as const;
/** Managed policies attached to one role or user; versions of a managed policy; access keys of a user; tags of anything (IAM quotas). */
export const ATTACHED_POLICIES_MAX = { role: 20, user: 10 } as const;
export const POLICY_VERSIONS_MAX = 5;
export const ACCESS_KEYS_PER_USER_MAX = 2;
export const IAM_TAGS_MAX = 50;
/** Seconds of a session: by default, at most, and at most when a session assumed the role (AssumeRole, API reference). */
export const SESSION_SECONDS_DEFAULT = 3_600;
export const SESSION_SECONDS_MAX = 43_200;
export const CHAINED_SESSION_SECONDS_MAX = 3_600;
/** Seconds of GetSessionToken: by default, and at most of the root of an account (API reference). */
export const SESSION_TOKEN_SECONDS_DEFAULT = 43_200;
export const SESSION_TOKEN_SECONDS_ROOT_MAX = 3_600;
/** Managed policies given to one session (AssumeRole, API reference); bytes of policies and tags together, ours: AWS packs them into an unpublished form. */
export const SESSION_POLICY_ARNS_MAX = 10;
export const SESSION_PACKED_BYTES_MAX = 4_096;
