/** What a subscriber by email reads. Source: mail that SNS sends. */
export const SENDER = "no-reply@sns.amazonaws.com";

export interface MailText {
  subject: string;
  body: string;
}

const FOOT = "Please do not reply directly to this email. If you have any questions or comments regarding this email, please contact us at https://aws.amazon.com/support";

/** `Display Name <no-reply@…>` */
export const senderOf = (displayName: string | undefined): string => `${displayName === undefined || displayName === "" ? "AWS Notifications" : displayName} <${SENDER}>`;

export const confirmationMail = (topicArn: string, subscribeUrl: string): MailText => ({
  subject: "AWS Notification - Subscription Confirmation",
  body: `You have chosen to subscribe to the topic:\n${topicArn}\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n${subscribeUrl}\n\n${FOOT}\n`,
});

export const cancellationMail = (topicArn: string, subscribeUrl: string): MailText => ({
  subject: "AWS Notification - Unsubscribe Confirmation",
  body: `Your subscription to the topic below has been deleted:\n${topicArn}\n\nIf this was in error, click or visit the link below to subscribe again:\n${subscribeUrl}\n\n${FOOT}\n`,
});

export const notificationMail = (message: string, subject: string | undefined, unsubscribeUrl: string): MailText => ({
  subject: subject ?? "AWS Notification Message",
  body: `${message}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n${unsubscribeUrl}\n\n${FOOT}\n`,
});
