/** Names of this machine itself: they say nothing of how others reach it, and the port may be another one today. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** What a link begins with: what the subscriber called this server, or, where that was this machine's own name or nothing, its address. */
export const linkBase = (subscribedAt: string, own: string): string => (subscribedAt === "" || LOOPBACK.test(subscribedAt) ? own : subscribedAt);

export const confirmUrl = (base: string, topicArn: string, token: string): string => `${base}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;

export const unsubscribeUrl = (base: string, subscriptionArn: string): string => `${base}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
