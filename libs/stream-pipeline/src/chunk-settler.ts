import { type ConsumedRecord, type DeadLetter, LettersRefusedError } from '@sluice/kafka-client';
import { asFailure, RecordRefusal } from './errors.ts';
import type { RecordDecoder, Refusal } from './options.ts';
import { type Failure, Outage, type OutageOptions } from './outage.ts';
import type { Mutation, Sink, SinkFailure } from './sink.ts';
import { type Candidate, planEach, planVersions, type RowPlan, stepIn } from './version-plan.ts';

export interface SettlerOptions<Row> extends OutageOptions {
  readonly decode: RecordDecoder<Row>;
  readonly sink: Sink<Row>;
  /** Resolves once the letters are acknowledged; tells of attempts that failed and are repeated. */
  readonly sendLetters: (
    letters: readonly DeadLetter[],
    onRetry: (failure: Failure) => void,
  ) => Promise<void>;
}

export interface ChunkReport {
  written: number;
  deduplicated: number;
  filtered: number;
  deadLettered: number;
}

/**
 * Settles chunks of records: each record ends written, superseded by a newer version that is written, filtered, or as an
 * acknowledged dead letter. Nothing else lets a chunk settle, however long it takes.
 */
export class ChunkSettler<Row> {
  readonly #options: SettlerOptions<Row>;

  constructor(options: SettlerOptions<Row>) {
    this.#options = options;
  }

  /** @throws AbandonedError when `abandon` aborts before everything is settled */
  async settle(records: readonly ConsumedRecord[], abandon: AbortSignal): Promise<ChunkReport> {
    const report: ChunkReport = { written: 0, deduplicated: 0, filtered: 0, deadLettered: 0 };
    const letters: DeadLetter[] = [];
    const candidates: Candidate<Row>[] = [];
    for (const record of records) this.#decode(record, candidates, letters, report);

    const plan = this.#options.sink.everyVersion ? planEach(candidates) : planVersions(candidates);
    for (let rows = plan; rows.length > 0;) rows = await this.#write(rows, letters, report, abandon);

    await this.#deliver(letters, abandon);
    report.deadLettered = letters.length;
    this.#count(report);
    return report;
  }

  #decode(
    record: ConsumedRecord,
    candidates: Candidate<Row>[],
    letters: DeadLetter[],
    report: ChunkReport,
  ): void {
    try {
      const decoded = this.#options.decode.decode(record);
      if (decoded.kind === 'filtered') report.filtered += 1;
      else candidates.push({ record, decoded });
    } catch (error) {
      if (!(error instanceof RecordRefusal)) throw error;
      letters.push(letter(record, error));
    }
  }

  /**
   * Writes the newest version of each row until it is durable or refused for its own content, and returns the rows whose next
   * older version now has to step in.
   */
  async #write(
    rows: readonly RowPlan<Row>[],
    letters: DeadLetter[],
    report: ChunkReport,
    abandon: AbortSignal,
  ): Promise<RowPlan<Row>[]> {
    const outage = new Outage('sink', this.#options);
    const successors: RowPlan<Row>[] = [];
    let waiting = rows;
    while (waiting.length > 0) {
      const start = performance.now();
      const outcomes = await this.#options.sink.write(waiting.map(({ newest }) => mutation(newest)));
      this.#options.metrics.writeSeconds.observe((performance.now() - start) / 1000);
      this.#options.metrics.batchRecords.observe(waiting.length);

      const again: RowPlan<Row>[] = [];
      let failure: SinkFailure | undefined;
      waiting.forEach((row, i) => {
        const outcome = outcomes[i];
        if (outcome?.status === 'written') this.#written(row, report);
        else if (outcome?.error.kind === 'data') {
          letters.push(letter(row.newest.record, { ...outcome.error, stage: 'write' }));
          if (stepIn(row)) successors.push(row);
        } else {
          failure = outcome?.error ?? {
            kind: 'retry',
            code: 'no-outcome',
            message: 'the sink gave no outcome',
          };
          again.push(row);
        }
      });
      if (failure) await outage.wait(failure, abandon);
      waiting = again;
    }
    outage.over();
    return successors;
  }

  #written({ newest, superseded }: RowPlan<Row>, report: ChunkReport): void {
    report.written += 1;
    report.deduplicated += superseded.length;
    this.#options.metrics.endToEndSeconds.observe(Math.max(0, Date.now() - newest.record.timestamp) / 1000);
  }

  async #deliver(letters: readonly DeadLetter[], abandon: AbortSignal): Promise<void> {
    if (letters.length === 0) return;
    const outage = new Outage('dead-letters', this.#options);
    let waiting = letters;
    while (waiting.length > 0) {
      try {
        await this.#options.sendLetters(waiting, (failure) => {
          outage.note(failure);
        });
        waiting = [];
      } catch (error) {
        if (error instanceof LettersRefusedError) waiting = error.refused;
        await outage.wait(asFailure(error), abandon);
      }
    }
    outage.over();
  }

  #count({ written, deduplicated, filtered, deadLettered }: ChunkReport): void {
    const { recordsTotal } = this.#options.metrics;
    if (written > 0) recordsTotal.inc({ result: 'written' }, written);
    if (deduplicated > 0) recordsTotal.inc({ result: 'deduplicated' }, deduplicated);
    if (filtered > 0) recordsTotal.inc({ result: 'filtered' }, filtered);
    if (deadLettered > 0) recordsTotal.inc({ result: 'dead_lettered' }, deadLettered);
  }
}

function mutation<Row>({ decoded }: Candidate<Row>): Mutation<Row> {
  const { writeTimestamp } = decoded.version;
  return decoded.kind === 'upsert'
    ? { kind: 'upsert', row: decoded.row, writeTimestamp }
    : { kind: 'delete', key: decoded.key, writeTimestamp };
}

function letter(record: ConsumedRecord, { stage, code, message }: Refusal): DeadLetter {
  return { record, stage, error: { code, message } };
}
