import { KafkaError, type PartitionReplicas } from '@sluice/kafka-client';
import { expect, it } from 'vitest';
import { checkTopics } from './check-topics.ts';
import { loadConfig } from './config.ts';

const config = loadConfig({ KAFKA_TOPIC: 'users' });
const partition: PartitionReplicas = { partition: 0, leader: 1, replicas: [1], inSyncReplicas: [1] };
const admin = {
  topics: () => Promise.resolve(['users', 'users.dlq']),
  partitions: () => Promise.resolve([partition]),
  brokerCount: () => Promise.resolve(1),
};

it('finds the topics of who may not read their settings, and says that these are not checked', async () => {
  const refused = new KafkaError('not-authorized', 'Topic authorization failed', { retryable: true });
  const found = await checkTopics({ ...admin, topicConfig: () => Promise.reject(refused) }, config);
  const message = 'its settings are not checked, which needs DESCRIBE_CONFIGS: Topic authorization failed';
  expect(found).toEqual({
    missing: [],
    warnings: [
      { topic: 'users', message },
      { topic: 'users.dlq', message },
    ],
  });
});

it('fails where the brokers do not answer', async () => {
  const unreachable = new KafkaError('unreachable', 'no broker', { retryable: true });
  await expect(
    checkTopics({ ...admin, topicConfig: () => Promise.reject(unreachable) }, config),
  ).rejects.toBe(unreachable);
});
