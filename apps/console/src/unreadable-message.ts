import type { ConsumedRecord } from '@sluice/kafka-client';
import type { Content, Message } from './contract/topics.ts';

type Unreadable = NonNullable<ConsumedRecord['unreadable']>;

/** What stands for a record, or for several of one batch, that the console does not read: why, and nothing of it. */
export function unreadableMessage(
  { partition, offset, timestamp }: ConsumedRecord,
  unreadable: Unreadable,
): Message {
  const content: Content = {
    format: 'binary',
    text: '',
    bytes: null,
    cut: false,
    masked: false,
    schemaId: null,
    undecodable: reasonOf(offset, unreadable),
  };
  return {
    partition,
    offset: String(offset),
    timestamp,
    key: content,
    value: content,
    headers: [],
    headersLeftOut: null,
  };
}

function reasonOf(offset: number, { code, message, lastOffset, count }: Unreadable): string {
  const which =
    lastOffset === offset ? 'the record' : `${count} records of one batch, up to offset ${lastOffset},`;
  switch (code) {
    case 'record-too-large':
      return 'too large to show: the record takes more than 16 MiB decompressed';
    case 'batch-too-large':
      return `too large to show: ${which} can be decompressed only together, to more than 16 MiB`;
    case 'bad-batch':
      return `${which} cannot be read: ${message}`;
  }
}
