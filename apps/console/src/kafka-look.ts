import type { ByPartition, ClusterInspector, TopicDescription } from '@sluice/kafka-client';

/** The pipeline's topics and group at one moment. */
export interface KafkaLook {
  /** By partition. */
  readonly begins: ReadonlyMap<number, number>;
  /** Last stable offsets. */
  readonly ends: ReadonlyMap<number, number>;
  readonly highWatermarks: ReadonlyMap<number, number>;
  readonly committed: ReadonlyMap<number, number>;
  readonly letterBegins: ReadonlyMap<number, number>;
  readonly letterEnds: ReadonlyMap<number, number>;
  readonly members: number;
}

export interface PipelineNames {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly group: string;
}

/** Looks between two of which what seldom changes is looked up. */
const rarely = 5;

/** Looks at the pipeline in Kafka, once a second with as few requests as can be. */
export class KafkaLooker {
  readonly #names: PipelineNames;
  #topics: readonly TopicDescription[] = [];
  #begins: ByPartition<number> = new Map();
  #members = 0;
  #looks = 0;

  constructor(names: PipelineNames) {
    this.#names = names;
  }

  /** @throws KafkaError */
  async look(inspector: ClusterInspector): Promise<KafkaLook> {
    const { topic, deadLetterTopic, group } = this.#names;
    if (this.#looks % rarely === 0) {
      this.#topics = await inspector.topics([topic, deadLetterTopic]);
      this.#begins = await inspector.begins(this.#topics);
      const [found] = await inspector.groups([group]);
      this.#members = found?.members.length ?? 0;
    }
    const [ends, highs, committed] = await Promise.all([
      inspector.ends(this.#topics),
      inspector.highWatermarks(this.#topics.filter((found) => found.topic === topic)),
      inspector.committed(group),
    ]);
    this.#looks += 1;
    return {
      begins: this.#begins.get(topic) ?? new Map(),
      ends: ends.get(topic) ?? new Map(),
      highWatermarks: highs.get(topic) ?? new Map(),
      committed: new Map(
        committed
          .filter((found) => found.topic === topic)
          .map(({ partition, offset }) => [partition, offset]),
      ),
      letterBegins: this.#begins.get(deadLetterTopic) ?? new Map(),
      letterEnds: ends.get(deadLetterTopic) ?? new Map(),
      members: this.#members,
    };
  }

  /** Begin anew: after a failure nothing is known. */
  reset(): void {
    this.#looks = 0;
  }
}

/** Offsets that are in a topic. */
export function recordsIn(begins: ReadonlyMap<number, number>, ends: ReadonlyMap<number, number>): number {
  let records = 0;
  for (const [partition, end] of ends) records += Math.max(0, end - (begins.get(partition) ?? end));
  return records;
}

/** Offsets that open transactions hold back. */
export function heldIn({ ends, highWatermarks }: KafkaLook): number {
  let held = 0;
  for (const [partition, end] of ends) held += Math.max(0, (highWatermarks.get(partition) ?? end) - end);
  return held;
}

/** Records that can be read and are not committed, by partition. */
export function lagOf({ begins, ends, committed }: KafkaLook): Map<number, number> {
  return new Map(
    [...ends].map(([partition, end]) => {
      const next = Math.max(committed.get(partition) ?? 0, begins.get(partition) ?? 0);
      return [partition, Math.max(0, end - next)];
    }),
  );
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
