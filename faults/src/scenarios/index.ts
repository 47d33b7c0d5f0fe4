import type { Scenario } from '../scenario.ts';
import { brokersKilled } from './a-brokers-killed.ts';
import { lostAcknowledgements } from './b-lost-acknowledgements.ts';
import { cassandraDown } from './c-cassandra-down.ts';
import { slowCassandra } from './d-slow-cassandra.ts';
import { registry } from './e-registry.ts';
import { poison } from './f-poison.ts';
import { deadLetterTopic } from './g-dead-letter-topic.ts';
import { rebalances } from './h-rebalances.ts';
import { stops } from './i-stops.ts';
import { orderOfVersions } from './j-order-of-versions.ts';
import { clocks } from './k-clocks.ts';
import { fullDisks } from './l-full-disks.ts';
import { topicChanges } from './m-topic-changes.ts';
import { source } from './n-source.ts';
import { hotAndLong } from './o-hot-and-long.ts';
import { hostileRecords } from './p-hostile-records.ts';
import { recreatedTopic } from './q-recreated-topic.ts';

/** Every scenario. One start of the services serves all that need the same ones. */
export const scenarios: readonly Scenario[] = [
  brokersKilled,
  lostAcknowledgements,
  cassandraDown,
  slowCassandra,
  registry,
  poison,
  deadLetterTopic,
  rebalances,
  stops,
  orderOfVersions,
  clocks,
  fullDisks,
  topicChanges,
  source,
  hotAndLong,
  hostileRecords,
  recreatedTopic,
];
