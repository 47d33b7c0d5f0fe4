import {
  type ConsumedRecord,
  type DeadLetterStage,
  DeadLetterQueue,
  type ProducerRecord,
  type RecordProducer,
} from '@sluice/kafka-client';

/** The letter that a pipeline sends for a record, as it comes back from the topic. */
export async function letterOf(
  record: ConsumedRecord,
  {
    stage = 'decode',
    code = 'bad-json',
    offset = 0,
    timestamp = record.timestamp,
  }: { stage?: DeadLetterStage; code?: string; offset?: number; timestamp?: number } = {},
): Promise<ConsumedRecord> {
  let sent: ProducerRecord | undefined;
  const producer = {
    send: (_: string, [letter]: readonly ProducerRecord[]) => {
      sent = letter;
      return Promise.resolve();
    },
  } as unknown as RecordProducer;
  const queue = new DeadLetterQueue({ topic: 'items.dlq', producer, pipeline: 'items' });
  await queue.send([{ record, stage, error: { code, message: 'refused' } }]);
  if (!sent) throw new Error('no letter was sent');
  return asConsumed(sent, { topic: 'items.dlq', partition: 0, offset, timestamp });
}

/** A record that was sent, as a consumer gets it. */
export function asConsumed(
  { key, value, headers = [] }: ProducerRecord,
  place: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset' | 'timestamp'>,
): ConsumedRecord {
  return { ...place, key, value, headers };
}
