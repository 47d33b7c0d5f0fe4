import {
  type DeadLetter,
  type DeadLetterQueue,
  HybridClock,
  LettersRefusedError,
  type ProducerRecord,
  type RecordProducer,
  RecordsRefusedError,
} from '@sluice/kafka-client';
import type { RandomUserPage } from '@sluice/random-user';
import { DataError } from '@sluice/record-schema';
import type { Logger, SourceMetrics } from '@sluice/telemetry';
import { mapRandomUser } from '@sluice/user-schema';
import type { ProducerConfig } from './config.ts';
import type { KeysFile } from './keys-file.ts';
import type { Readiness } from './readiness.ts';
import { sourceLetter } from './source-letter.ts';
import type { UserEncoder } from './user-encoder.ts';

export interface Totals {
  readonly fetched: number;
  /** Acknowledged by every in-sync replica. */
  readonly produced: number;
  /** Not valid as a message, or refused by the broker: in the dead letters, acknowledged. */
  readonly deadLettered: number;
}

export const nothingYet: Totals = { fetched: 0, produced: 0, deadLettered: 0 };

interface Around {
  readonly keys?: KeysFile;
  readonly logger: Logger;
  readonly metrics: SourceMetrics;
  readonly readiness: Readiness;
}

/** Where messages go, and how they are written. */
export interface Outlet {
  readonly producer: RecordProducer;
  readonly encoder: UserEncoder;
  readonly deadLetters: DeadLetterQueue;
}

/** Makes users into messages and sends them, a page at a time; what cannot be a message becomes a dead letter. */
export class Publisher {
  readonly #outlet: Outlet;
  readonly #config: Pick<ProducerConfig, 'KAFKA_TOPIC' | 'PASSWORD_POLICY'>;
  readonly #around: Around;
  readonly #letterNumbers = new HybridClock();
  #totals = nothingYet;
  #sending: Promise<void> = Promise.resolve();

  constructor(
    outlet: Outlet,
    config: Pick<ProducerConfig, 'KAFKA_TOPIC' | 'PASSWORD_POLICY'>,
    around: Around,
  ) {
    this.#outlet = outlet;
    this.#config = config;
    this.#around = around;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /**
   * Takes a page, and resolves when the next one may be fetched: while this one is being acknowledged.
   * @throws KafkaError `closed` when the producer was closed before the page before was acknowledged
   * @throws LettersNotTaken when a user of that page fits neither into the topic nor into the dead letters
   */
  async publish({ users }: RandomUserPage): Promise<void> {
    this.#count('fetched', users.length);
    this.#around.metrics.recordsTotal.inc({ result: 'fetched' }, users.length);
    await this.#sending;
    this.#sending = this.#send(users);
    // awaited with the next page or by flush(); until then a failure must not count as unhandled
    this.#sending.catch(() => undefined);
  }

  /** Resolves when everything is acknowledged. Throws as `publish` does. */
  flush(): Promise<void> {
    return this.#sending;
  }

  async #send(users: readonly unknown[]): Promise<void> {
    const { records, letters } = this.#sort(users);
    letters.push(...(await this.#sendRecords(records)));
    await this.#sendLetters(letters);
    this.#around.readiness.set('kafka', undefined);
  }

  /** Messages by the user that each was made of, and the letters of users that make none. */
  #sort(users: readonly unknown[]): { records: Map<ProducerRecord, unknown>; letters: DeadLetter[] } {
    const records = new Map<ProducerRecord, unknown>();
    const letters: DeadLetter[] = [];
    const problems = new Map<string, number>();
    for (const user of users) {
      try {
        const record = mapRandomUser(user, { passwordPolicy: this.#config.PASSWORD_POLICY });
        records.set({ key: Buffer.from(record.uuid), value: this.#outlet.encoder.encode(record) }, user);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        letters.push(this.#letter(user, error));
        problems.set(error.code, (problems.get(error.code) ?? 0) + 1);
      }
    }
    for (const [code, count] of problems) {
      const said = 'users of the source are not valid and go to the dead letters';
      this.#around.logger.warn({ code, count }, said);
    }
    return { records, letters };
  }

  /** Sends messages; returns the letters of those that the broker refuses. */
  async #sendRecords(records: ReadonlyMap<ProducerRecord, unknown>): Promise<readonly DeadLetter[]> {
    const { keys, logger, metrics } = this.#around;
    const sent = [...records.keys()];
    const refused = await this.#outlet.producer.send(this.#config.KAFKA_TOPIC, sent).then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof RecordsRefusedError)) throw error;
        const { length: count } = error.refused;
        logger.error({ count, reason: error.message }, 'Kafka refused users, they go to the dead letters');
        return error.refused;
      },
    );
    const others = new Set(sent);
    for (const { record } of refused) others.delete(record);
    this.#count('produced', others.size);
    metrics.recordsTotal.inc({ result: 'produced' }, others.size);
    keys?.append([...others].map(({ key }) => key?.toString() ?? ''));
    return refused.map(({ record, error }) => this.#letter(records.get(record), error));
  }

  async #sendLetters(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const { deadLetters } = this.#outlet;
    await deadLetters.send(letters).catch((error: unknown) => {
      throw error instanceof LettersRefusedError ? new LettersNotTaken(deadLetters.topic, error) : error;
    });
    this.#count('deadLettered', letters.length);
    this.#around.metrics.recordsTotal.inc({ result: 'dead_lettered' }, letters.length);
  }

  #letter(user: unknown, error: { readonly code: string; readonly message: string }): DeadLetter {
    return sourceLetter(user, error, {
      topic: this.#config.KAFKA_TOPIC,
      passwordPolicy: this.#config.PASSWORD_POLICY,
      number: this.#letterNumbers.next(),
    });
  }

  #count(what: keyof Totals, users: number): void {
    this.#totals = { ...this.#totals, [what]: this.#totals[what] + users };
  }
}

/** To go on would lose them. */
class LettersNotTaken extends Error {
  override readonly name = 'LettersNotTaken';
  readonly code = 'letters-not-taken';

  constructor(topic: string, cause: LettersRefusedError) {
    super(
      `${cause.refused.length} user(s) can be sent neither as messages nor to the dead letters, ${topic}: ${cause.message}. ` +
        'See whether that topic takes messages 1 MiB larger than the first one (max.message.bytes).',
      { cause },
    );
  }
}
