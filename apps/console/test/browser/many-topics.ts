import type { TopicDetails, TopicList, TopicSummary } from '../../src/contract/topics.ts';

/** A list of topics with ten partitions each, as the server answers it. */
export function manyTopics(count: number): TopicList {
  return { at: Date.now(), topics: Array.from({ length: count }, (_, number) => summaryOf(number, 10)) };
}

/** The first of them, with more partitions. The end of the last is 1,000 times their number. */
export function bigTopic(partitions: number): TopicDetails {
  return {
    summary: summaryOf(0, partitions),
    settings: [],
    partitions: Array.from({ length: partitions }, (_, partition) => ({
      partition,
      leader: 1,
      replicas: [1, 2, 3],
      inSync: [1, 2, 3],
      begin: '0',
      end: String((partition + 1) * 1_000),
      held: 0,
      bytes: partition * 4_096,
      recordsPerSecond: partition % 7,
    })),
  };
}

function summaryOf(number: number, partitions: number): TopicSummary {
  return {
    topic: `big-${number}`,
    internal: false,
    partitions,
    replication: 3,
    underReplicated: 0,
    offline: 0,
    records: number * 1_000,
    held: 0,
    bytes: number * 1_000_000,
    recordsPerSecond: number % 13,
    role: null,
  };
}
