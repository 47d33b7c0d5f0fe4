import { type ProducerRecord, type RecordProducer, RecordsRefusedError } from '@sluice/kafka-client';
import type { RandomUserPage } from '@sluice/random-user';
import { DataError } from '@sluice/record-schema';
import type { Logger, SourceMetrics } from '@sluice/telemetry';
import { mapRandomUser } from '@sluice/user-schema';
import type { ProducerConfig } from './config.ts';
import type { KeysFile } from './keys-file.ts';
import type { Readiness } from './readiness.ts';
import type { UserEncoder } from './user-encoder.ts';

export interface Totals {
  readonly fetched: number;
  /** Acknowledged by every in-sync replica. */
  readonly produced: number;
  /** Not valid as a message, or refused by the broker: logged by code, not published. */
  readonly refused: number;
}

interface Around {
  readonly keys?: KeysFile;
  readonly logger: Logger;
  readonly metrics: SourceMetrics;
  readonly readiness: Readiness;
}

/** Makes users into messages and sends them, a page at a time. */
export class Publisher {
  readonly #producer: RecordProducer;
  readonly #encoder: UserEncoder;
  readonly #config: Pick<ProducerConfig, 'KAFKA_TOPIC' | 'PASSWORD_POLICY'>;
  readonly #around: Around;
  #totals: Totals = { fetched: 0, produced: 0, refused: 0 };
  #sending: Promise<void> = Promise.resolve();

  constructor(
    producer: RecordProducer,
    encoder: UserEncoder,
    config: Pick<ProducerConfig, 'KAFKA_TOPIC' | 'PASSWORD_POLICY'>,
    around: Around,
  ) {
    this.#producer = producer;
    this.#encoder = encoder;
    this.#config = config;
    this.#around = around;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /**
   * Takes a page, and resolves when the next one may be fetched: while this one is being acknowledged.
   * @throws KafkaError `closed` when the producer was closed before the page before was acknowledged
   */
  async publish({ users }: RandomUserPage): Promise<void> {
    this.#count('fetched', users.length);
    this.#around.metrics.recordsTotal.inc({ result: 'fetched' }, users.length);
    await this.#sending;
    this.#sending = this.#send(this.#toRecords(users));
    // awaited with the next page or by flush(); until then a failure must not count as unhandled
    this.#sending.catch(() => undefined);
  }

  /** Resolves when everything is acknowledged. Throws as `publish` does. */
  flush(): Promise<void> {
    return this.#sending;
  }

  #toRecords(users: readonly unknown[]): ProducerRecord[] {
    const records: ProducerRecord[] = [];
    const problems = new Map<string, number>();
    for (const user of users) {
      try {
        const record = mapRandomUser(user, { passwordPolicy: this.#config.PASSWORD_POLICY });
        records.push({ key: Buffer.from(record.uuid), value: this.#encoder.encode(record) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.set(error.code, (problems.get(error.code) ?? 0) + 1);
      }
    }
    for (const [code, count] of problems) {
      this.#refuse(count);
      this.#around.logger.warn({ code, count }, 'users of the source are not valid and were not published');
    }
    return records;
  }

  async #send(records: readonly ProducerRecord[]): Promise<void> {
    const { keys, logger, metrics, readiness } = this.#around;
    const refused = await this.#producer.send(this.#config.KAFKA_TOPIC, records).then(
      () => new Set<ProducerRecord>(),
      (error: unknown) => {
        if (!(error instanceof RecordsRefusedError)) throw error;
        logger.error({ count: error.refused.length, reason: error.message }, 'Kafka refused users');
        return new Set(error.refused.map(({ record }) => record));
      },
    );
    readiness.set('kafka', undefined);
    const acknowledged = records.filter((record) => !refused.has(record));
    this.#refuse(refused.size);
    this.#count('produced', acknowledged.length);
    metrics.recordsTotal.inc({ result: 'produced' }, acknowledged.length);
    keys?.append(acknowledged.map(({ key }) => key?.toString() ?? ''));
  }

  #refuse(users: number): void {
    if (users === 0) return;
    this.#count('refused', users);
    this.#around.metrics.recordsTotal.inc({ result: 'refused' }, users);
  }

  #count(what: keyof Totals, users: number): void {
    this.#totals = { ...this.#totals, [what]: this.#totals[what] + users };
  }
}
