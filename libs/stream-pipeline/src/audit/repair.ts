import {
  type CassandraSession,
  type StoredRow,
  type StoredRows,
  type TableDefinition,
  TableWriter,
} from '@sluice/cassandra-repository';
import {
  type ConsumedRecord,
  type DeadLetter,
  DeadLetterQueue,
  type KafkaClient,
  type RecordBatch,
  type RecordProducer,
} from '@sluice/kafka-client';
import { copyOfRecord } from '../copy-of-record.ts';
import { PipelineError } from '../errors.ts';
import type { Refusal } from '../options.ts';
import { type Damage, recordsOf } from './findings.ts';
import { isAhead, isShown, type RowState } from './judge.ts';
import type { RepairReport } from './options.ts';
import type { ReadVersion, RecordReader } from './record-reader.ts';
import { rowDigest } from './row-hash.ts';
import type { Ranges } from './topic-scope.ts';

const rowsAtOnce = 32;
const lettersAtOnce = 100;
const letterBytesAtOnce = 1024 * 1024;

export interface RepairOptions<Row extends object> {
  readonly kafka: KafkaClient;
  readonly groupId: string;
  readonly deadLetterTopic: string;
  /** Id of the topic; undefined where the brokers have none. */
  readonly topicId: string | undefined;
  readonly session: CassandraSession;
  readonly table: TableDefinition;
  readonly ttlSeconds: number | undefined;
  readonly rows: StoredRows<Row>;
  readonly reader: RecordReader<Row>;
  readonly read: (ranges: Ranges) => AsyncIterable<RecordBatch>;
  readonly now: () => number;
}

/** @throws PipelineError `not-idle` where the writers or the producers' transactions have not ended, or not everything is settled */
export async function requireIdle(kafka: KafkaClient, topic: string, groupId: string): Promise<void> {
  const admin = await kafka.admin();
  try {
    const { members } = await admin.group(groupId);
    if (members > 0)
      throw new PipelineError(
        'not-idle',
        `cannot repair while group ${groupId} has members (${members}): stop the writers first`,
      );
    const partitions = await admin.lag(groupId, topic);
    const held = partitions.reduce((sum, partition) => sum + partition.held, 0);
    // a repair may write at a later time than theirs, and would shadow them once they are committed
    if (held > 0)
      throw new PipelineError(
        'not-idle',
        `cannot repair while open transactions hold ${held} offsets of ${topic}: stop the producers, or wait for their transactions, ` +
          'and drain the topic first',
      );
    const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
    if (lag > 0)
      throw new PipelineError(
        'not-idle',
        `cannot repair while group ${groupId} lags behind ${topic} by ${lag} records: stop the producers and drain the topic first`,
      );
  } finally {
    await admin.close();
  }
}

/**
 * Mends rows: what their newest record says is written, or deleted, with its write timestamp where that is enough, and with one more than the
 * row has where it is not. Each row is read back. One that is still not right is hidden by something that cannot be read, such as a
 * delete with a later timestamp: it is written once more, with the present time.
 */
export class Repair<Row extends object> {
  readonly #options: RepairOptions<Row>;
  readonly #writer: TableWriter<Row>;
  readonly #letters: DeadLetter[] = [];
  readonly #notMended: Record<string, number> = {};
  #producer: RecordProducer | undefined;
  #mended = 0;
  #later = 0;
  #atNow = 0;
  #sent = 0;
  #letterBytes = 0;

  static async open<Row extends object>(options: RepairOptions<Row>): Promise<Repair<Row>> {
    const { session, table, ttlSeconds } = options;
    const writer = await TableWriter.open<Row>(
      session,
      table,
      ttlSeconds === undefined ? {} : { ttlSeconds },
    );
    return new Repair(options, writer);
  }

  private constructor(options: RepairOptions<Row>, writer: TableWriter<Row>) {
    this.#options = options;
    this.#writer = writer;
  }

  get report(): RepairReport {
    return {
      mended: this.#mended,
      later: this.#later,
      atNow: this.#atNow,
      letters: this.#sent,
      notMended: this.#notMended,
    };
  }

  async mend(damages: readonly Damage[]): Promise<void> {
    const left = new Set(damages);
    let some: (readonly [Damage, ReadVersion<Row>])[] = [];
    for await (const found of recordsOf(damages, this.#options)) {
      left.delete(found[0]);
      some.push(found);
      if (some.length < rowsAtOnce) continue;
      await this.#mendSome(some);
      some = [];
    }
    await this.#mendSome(some);
    for (const { version } of left) this.#giveUp(version ? 'record-gone' : 'orphaned');
  }

  /** Makes a dead letter of a record that cannot be processed and has none. */
  async addLetter(record: ConsumedRecord, { stage, code, message }: Refusal): Promise<void> {
    this.#letters.push({
      record: { ...copyOfRecord(record), topicId: this.#options.topicId },
      stage,
      error: { code, message },
    });
    this.#letterBytes += record.value?.length ?? 0;
    if (this.#letters.length >= lettersAtOnce || this.#letterBytes >= letterBytesAtOnce)
      await this.#sendLetters();
  }

  async finish(): Promise<void> {
    await this.#sendLetters();
  }

  async close(): Promise<void> {
    await this.#producer?.close({ timeoutMs: 0 });
  }

  async #sendLetters(): Promise<void> {
    if (this.#letters.length === 0) return;
    const { kafka, deadLetterTopic, groupId } = this.#options;
    this.#producer ??= await kafka.producer();
    const queue = new DeadLetterQueue({
      topic: deadLetterTopic,
      producer: this.#producer,
      pipeline: groupId,
    });
    await queue.send(this.#letters);
    this.#sent += this.#letters.length;
    this.#letters.length = 0;
    this.#letterBytes = 0;
  }

  async #mendSome(some: readonly (readonly [Damage, ReadVersion<Row>])[]): Promise<void> {
    await Promise.all(some.map(([, found]) => this.#mendOne(found)));
  }

  async #mendOne(found: ReadVersion<Row>): Promise<void> {
    const { rows, now } = this.#options;
    const { version } = found;
    const before = await rows.find(found.key);
    const first = Math.max(version.writeTimestamp, (before?.newest ?? 0) + (isNeeded(found, before) ? 1 : 0));
    let row = await this.#write(found, first);
    const presentTime = Math.max(now() * 1000, first + 1);
    if (row !== 'failed' && !isShown(version, row)) {
      row = await this.#write(found, presentTime);
      if (row !== 'failed' && isShown(version, row)) this.#atNow++;
    }
    if (row === 'failed') return;
    if (!isShown(version, row)) {
      this.#giveUp('hidden');
      return;
    }
    this.#mended++;
    if (isAhead(version, row) || first > version.writeTimestamp) this.#later++;
  }

  /** Writes a row, or deletes it, and reads what is there then. */
  async #write({ decoded }: ReadVersion<Row>, writeTimestamp: number): Promise<RowState | null | 'failed'> {
    const [outcome] = await this.#writer.write([
      decoded.kind === 'upsert'
        ? { kind: 'upsert', row: decoded.row, writeTimestamp }
        : { kind: 'delete', key: decoded.key, writeTimestamp },
    ]);
    if (outcome?.status === 'failed') {
      if (outcome.error.kind !== 'data') throw outcome.error;
      this.#giveUp(outcome.error.code);
      return 'failed';
    }
    const key = decoded.kind === 'upsert' ? (decoded.row as Partial<Row>) : decoded.key;
    const row = await this.#options.rows.find(this.#options.rows.keyOf(key));
    return row && stateOf(row);
  }

  #giveUp(reason: string): void {
    this.#notMended[reason] = (this.#notMended[reason] ?? 0) + 1;
  }
}

export function stateOf({ cells, oldest, newest }: StoredRow): RowState {
  return { digest: rowDigest(cells), oldest, newest };
}

/** Whether the row's own timestamp has to be passed: a row that is only older is replaced with the record's. */
function isNeeded({ version }: ReadVersion<object>, row: StoredRow | null): boolean {
  return row?.newest != null && row.newest >= version.writeTimestamp;
}
