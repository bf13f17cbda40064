import type { Metrics } from "../../../kit/metrics.ts";
import type { Subscriber } from "../topics/reader.ts";
import type { Topic } from "../topics/rows.ts";
import type { FilteredOut } from "./sift.ts";

/** What CloudWatch counts of a topic beside its deliveries ("Monitoring Amazon SNS topics using CloudWatch"). */
export const createPublishMetrics = ({ metrics }: { metrics: Metrics }) => {
  const add = ({ account, region, name: TopicName }: Topic, name: string, value: number, unit = "Count") => metrics.series({ account, region, namespace: "AWS/SNS", name, dimensions: { TopicName }, unit }).add(value);
  return {
    published(topic: Topic, bytes: number) {
      add(topic, "NumberOfMessagesPublished", 1);
      add(topic, "PublishSize", bytes, "Bytes");
    },
    sifted(topic: Topic, told: readonly Subscriber[], held: readonly FilteredOut[]) {
      // Mail is there once it is kept.
      const mailed = told.filter(({ subscription }) => subscription.protocol.startsWith("email")).length;
      if (mailed > 0) add(topic, "NumberOfNotificationsDelivered", mailed);
      for (const why of held) {
        add(topic, "NumberOfNotificationsFilteredOut", 1);
        add(topic, `NumberOfNotificationsFilteredOut-${why}`, 1);
      }
    },
  };
};
