import { deadLetterHeaders, sluiceHeaders } from '@sluice/kafka-client';

const number = /^-?\d{1,20}$/;
const code = /^[A-Za-z0-9_.:*-]{1,200}$/;

/** Headers of Sluice that hold numbers and codes, and what they have to look like: anybody may send a header of that name. */
const shapes: ReadonlyMap<string, RegExp> = new Map([
  ...Object.values(sluiceHeaders).map((name) => [name, number] as const),
  ...Object.values(deadLetterHeaders).map((name) => [name, code] as const),
  ...['dlq.source.last.offset', 'dlq.source.count', 'dlq.value.length', 'dlq.key.length'].map(
    (name) => [name, number] as const,
  ),
  ...['dlq.headers.length', 'dlq.headers.count'].map((name) => [name, number] as const),
  ...['dlq.value.sha256', 'dlq.key.sha256', 'dlq.headers.sha256'].map(
    (name) => [name, /^[0-9a-f]{64}$/] as const,
  ),
  ['dlq.source.topic.id', /^[A-Za-z0-9_-]{22}$/],
  ['dlq.shortened', /^(value|key|headers|,){1,5}$/],
]);

/**
 * Whether a header may be shown to everybody. Others have no schema and so may be personal.
 *
 * @param isLastInLetter of a dead letter, the last header of its name: the one that the pipeline has added
 */
export function isPublicHeader(name: string, bytes: Buffer, isLastInLetter: boolean): boolean {
  // its text is the pipeline's own and never quotes a value
  if (name === deadLetterHeaders.errorMessage) return isLastInLetter;
  return bytes.length <= 250 && (shapes.get(name)?.test(bytes.toString('latin1')) ?? false);
}
