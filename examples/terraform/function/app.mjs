import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client();

export const handler = async (event) => {
  for (const { s3: { bucket, object } } of event.Records) {
    const Key = decodeURIComponent(object.key.replaceAll("+", " "));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    const lines = (await Body.transformToString()).split("\n");
    console.log(`${process.env.GREETING} ${Key}: ${lines[0]}`);
  }
};
