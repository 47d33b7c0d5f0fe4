/**
 * The text of an answer, of which no more than `maxBytes` are read.
 * @throws Error where it is longer
 */
export async function boundedText({ body, url }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // leaving the loop ends the connection
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`${url} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
