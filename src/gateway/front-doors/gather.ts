/** The whole of what comes. Rejects with what `refuse` gives when it is more than that, and reads no further. */
export const gather = async (source: AsyncIterable<Uint8Array>, bytesMax: number, refuse: () => Error): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
