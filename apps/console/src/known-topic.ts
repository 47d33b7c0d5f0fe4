import { type ClusterInspector, KafkaError, type TopicDescription } from '@sluice/kafka-client';

/** Waits between the questions, ms: brokers learn of a topic that was just created within a second. */
const waitsMs = [100, 200, 400, 800];

/**
 * A topic as the brokers know it. One that they do not know is asked for again for a while: it may have been created a moment ago.
 *
 * @param wait passes so many ms
 * @throws KafkaError `unknown-topic`
 */
export async function knownTopic(
  inspector: Pick<ClusterInspector, 'topics'>,
  topic: string,
  wait: (ms: number) => Promise<unknown> = elapsed,
): Promise<readonly TopicDescription[]> {
  for (const ms of waitsMs)
    try {
      return await inspector.topics([topic]);
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === 'unknown-topic')) throw error;
      await wait(ms);
    }
  return inspector.topics([topic]);
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
