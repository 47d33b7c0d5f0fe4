import type { KafkaAdmin } from '@sluice/kafka-client';
import { parseSchema } from '@sluice/record-schema';
import { audit, type AuditOptions, type AuditReport, recordDecoder } from '../src/index.ts';
import { type Item, ItemFixture } from './item-pipeline.ts';

const schema = parseSchema({
  type: 'record',
  name: 'Item',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'name', type: ['null', 'string'], default: null },
    { name: 'amount', type: ['null', 'int'], default: null, minimum: 0 },
  ],
});

/** Items that are written by the pipeline, damaged by hand, and audited. */
export class AuditedItems {
  readonly items: ItemFixture;

  static async create(): Promise<AuditedItems> {
    return new AuditedItems(await ItemFixture.create());
  }

  private constructor(items: ItemFixture) {
    this.items = items;
  }

  /** Settles what is in the topic. */
  async drain(): Promise<void> {
    const pipeline = await this.items.pipeline();
    await pipeline.run(AbortSignal.timeout(60_000), { until: 'end' });
  }

  audit(options: Partial<AuditOptions<Item>> = {}): Promise<AuditReport> {
    const { kafka, topic, dlqTopic, session, table } = this.items;
    return audit<Item>({
      kafka,
      topic,
      groupId: topic,
      deadLetterTopic: dlqTopic,
      decode: recordDecoder<Item>(schema, { key: 'id' }),
      session,
      table,
      settleMs: 20_000,
      ...options,
    });
  }

  /** Changes the table behind the pipeline's back. `$` stands for the table. */
  async cql(statement: string, params: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const { keyspace, table } = this.items.table;
    return (await this.items.session.query(statement.replace('$', `${keyspace}.${table}`), params)).rows;
  }

  async admin<T>(act: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    const admin = await this.items.kafka.admin();
    return act(admin).finally(() => admin.close());
  }

  drop(): Promise<void> {
    return this.items.drop();
  }
}

export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
