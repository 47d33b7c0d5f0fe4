import { randomUUID } from 'node:crypto';
import type {
  Assignment,
  BatchConsumer,
  ConsumedRecord,
  ConsumerHandler,
  ConsumerOptions,
  KafkaClient,
  KafkaError,
  RecordBatch,
} from '../src/index.ts';

/** One member of a group that keeps what it is handed. */
export class Reader {
  readonly assignments: Assignment[] = [];
  readonly batches: { readonly epoch: number; readonly batch: RecordBatch }[] = [];
  readonly failures: KafkaError[] = [];
  readonly interruptions: KafkaError[] = [];
  /** Set before start: what the handler does with a batch after it was kept. */
  onBatch: ConsumerHandler['batch'] = () => Promise.resolve();
  #consumer: BatchConsumer | undefined;

  async start(
    kafka: KafkaClient,
    options: Partial<ConsumerOptions> & { readonly topic: string },
  ): Promise<this> {
    this.#consumer = await kafka.consumer(
      { groupId: `g-${randomUUID()}`, maxWaitMs: 100, ...options },
      {
        assigned: (assignment) => this.assignments.push(assignment),
        batch: (batch, epoch, over) => {
          this.batches.push({ epoch, batch });
          return this.onBatch(batch, epoch, over);
        },
        failed: (error) => this.failures.push(error),
        interrupted: (error) => this.interruptions.push(error),
      },
    );
    return this;
  }

  get consumer(): BatchConsumer {
    if (!this.#consumer) throw new Error('not started');
    return this.#consumer;
  }

  get assignment(): Assignment | undefined {
    return this.assignments.at(-1);
  }

  get records(): readonly ConsumedRecord[] {
    return this.batches.flatMap(({ batch }) => batch.records);
  }

  get values(): readonly (string | undefined)[] {
    return this.records.map(({ value }) => value?.toString());
  }

  /** Next offset by partition, over all that was handed over. */
  get nextOffsets(): ReadonlyMap<number, number> {
    return new Map(this.batches.map(({ batch }) => [batch.partition, batch.nextOffset]));
  }

  commitAll(epoch = this.assignment?.epoch ?? 0): ReturnType<BatchConsumer['commit']> {
    const offsets = [...this.nextOffsets].map(([partition, offset]) => ({ partition, offset }));
    return this.consumer.commit(epoch, offsets);
  }

  stop(): Promise<void> {
    return this.#consumer?.stop() ?? Promise.resolve();
  }
}

/** Resolves when a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
