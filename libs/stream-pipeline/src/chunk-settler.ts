import { type ConsumedRecord, type DeadLetter, LettersRefusedError } from '@sluice/kafka-client';
import type { ClockGuard } from './clock-guard.ts';
import { copyOfRecord } from './copy-of-record.ts';
import { asRefusal, placeOf } from './decode-failure.ts';
import { AbandonedError, asFailure, RecordHeld, RecordRefusal } from './errors.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { Decoded, RecordDecoder, Refusal } from './options.ts';
import { type Failure, Outage, type OutageOptions } from './outage.ts';
import type { Mutation, Sink, SinkFailure } from './sink.ts';
import { type Candidate, planEach, planVersions, type RowPlan, stepIn } from './version-plan.ts';

export interface SettlerOptions<Row> extends OutageOptions {
  readonly decode: RecordDecoder<Row>;
  readonly sink: Sink<Row, unknown>;
  /** Resolves once the letters are acknowledged; tells of attempts that failed and are repeated. */
  readonly sendLetters: (
    letters: readonly DeadLetter[],
    onRetry: (failure: Failure) => void,
  ) => Promise<void>;
  readonly flood: FloodGuard;
  /** Default: a record from the future is refused, whatever this machine's clock. */
  readonly clock?: Pick<ClockGuard, 'reasonToWait'> | undefined;
  /** Milliseconds since any moment. Default: performance.now. */
  readonly now?: () => number;
}

/** What may end the settling of a chunk, and who has to know of records that are held. */
export interface ChunkContext {
  /** Gives up everything. */
  readonly abandon: AbortSignal;
  /** Gives up records that are held: the partition is another member's, which has them, too. */
  readonly over: AbortSignal;
  /** Told, after each attempt, of the records that cannot be decoded yet; at the end there are none. */
  readonly onHeld: (records: readonly ConsumedRecord[]) => void;
  /** Gives up dead letters that are refused: the partition was assigned again, to this member or another. */
  readonly revoked: AbortSignal;
  /** Told of the dead letters that are about to be sent, and when they are acknowledged: then there are none. */
  readonly onLetters: (letters: readonly DeadLetter[]) => void;
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
  readonly #now: () => number;
  /** What a decoder threw that was no refusal, each said once: a handful of names. */
  readonly #reported = new Set<string>();
  readonly #everyVersion: boolean;
  #lastWritten = -Infinity;

  constructor(options: SettlerOptions<Row>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { decode, sink } = options;
    const bound = decode.key === undefined ? undefined : sink.bindKey?.(decode.key);
    this.#everyVersion = sink.everyVersion === true || bound?.everyVersion === true;
  }

  /** @throws AbandonedError when it is given up before everything is settled */
  async settle(records: readonly ConsumedRecord[], context: ChunkContext): Promise<ChunkReport> {
    const report: ChunkReport = { written: 0, deduplicated: 0, filtered: 0, deadLettered: 0 };
    let outage: Outage | undefined;
    let waiting = records;
    // A suspended function keeps its arguments, and these keep the whole fetch in memory while dead letters wait.
    records = [];
    for (;;) {
      const { letters, held } = await this.#settleReady(waiting, report, context.abandon);
      waiting = [...held.keys()];
      if (letters.length > 0) context.onLetters(letters);
      context.onHeld(waiting);
      await this.#deliver(letters, context);
      this.#settled({ ...nothing, deadLettered: letters.length }, report);
      if (letters.length > 0) context.onLetters([]);
      if (waiting.length === 0) break;
      outage ??= new Outage('decode', this.#options);
      try {
        await untilReady(held.values(), outage, AbortSignal.any([context.abandon, context.over]));
      } catch (error) {
        outage.over();
        throw error;
      }
    }
    outage?.over();
    return report;
  }

  /** Settles the records that can be decoded now, but for their dead letters, and returns those and the records that cannot. */
  async #settleReady(
    records: readonly ConsumedRecord[],
    total: ChunkReport,
    abandon: AbortSignal,
  ): Promise<{
    readonly letters: readonly DeadLetter[];
    readonly held: ReadonlyMap<ConsumedRecord, RecordHeld>;
  }> {
    const report: ChunkReport = { ...nothing };
    const letters: DeadLetter[] = [];
    const candidates: Candidate[] = [];
    const held = new Map<ConsumedRecord, RecordHeld>();
    const future: { readonly record: ConsumedRecord; readonly refusal: RecordRefusal }[] = [];
    for (const record of records) {
      try {
        const candidate = this.#decode(record);
        if (candidate) candidates.push(candidate);
        else report.filtered += 1;
      } catch (error) {
        if (error instanceof RecordHeld) held.set(record, error);
        else {
          const refusal = this.#refusal(record, error);
          if (refusal.code === 'future-timestamp') future.push({ record, refusal });
          else letters.push(letter(record, refusal));
        }
      }
    }
    // most of them: more likely this clock is wrong than all of theirs
    const isMost = future.length * 2 > records.length - held.size;
    const wrongClock = isMost ? await this.#options.clock?.reasonToWait() : undefined;
    for (const { record, refusal } of future) {
      if (wrongClock) held.set(record, wrongClock);
      else letters.push(letter(record, refusal));
    }

    const plan = this.#everyVersion ? planEach(candidates) : planVersions(candidates);
    for (let rows = plan; rows.length > 0;) rows = await this.#write(rows, letters, report, abandon);

    this.#options.flood.add(records.length - held.size, letters.length);
    this.#settled(report, total);
    return { letters, held };
  }

  /** Undefined where the record is filtered. @throws RecordRefusal, RecordHeld, and whatever the decoder throws */
  #decode(record: ConsumedRecord): Candidate | undefined {
    const { decode, sink } = this.#options;
    if (record.unreadable)
      throw new RecordRefusal('source', record.unreadable.code, record.unreadable.message);
    const decoded = decode.decode(record);
    if (decoded.kind === 'filtered') return undefined;
    const { identity, version } = decoded;
    // the row is let go of while it is young: one that waits to be written would be moved about by the garbage collector
    return { record, identity, version, prepared: sink.prepare(mutation(decoded)) };
  }

  #refusal({ topic, partition, offset }: ConsumedRecord, error: unknown): RecordRefusal {
    const refusal = asRefusal(error);
    if (refusal === error || this.#reported.has(refusal.message)) return refusal;
    this.#reported.add(refusal.message);
    this.#options.logger.error(
      { reason: refusal.message, at: placeOf(error), topic, partition, offset },
      'a record is dead-lettered (decode-failed) that the decoder neither reads nor refuses: if its dead letter is well-formed, correct the decoder and redrive it',
    );
    return refusal;
  }

  /** The table may have changed since this was prepared. What could be decoded once, stays decoded. */
  #renew(candidate: Candidate): Candidate {
    try {
      return this.#decode(candidate.record) ?? candidate;
    } catch {
      return candidate;
    }
  }

  /**
   * Writes the newest version of each row until it is durable or refused for its own content, and returns the rows whose next
   * older version now has to step in.
   */
  async #write(
    rows: readonly RowPlan[],
    letters: DeadLetter[],
    report: ChunkReport,
    abandon: AbortSignal,
  ): Promise<RowPlan[]> {
    const outage = new Outage('sink', this.#options);
    const successors: RowPlan[] = [];
    const failing = new Map<RowPlan, number>();
    let waiting = rows;
    while (waiting.length > 0) {
      const start = performance.now();
      const outcomes = await this.#options.sink.write(waiting.map(({ newest }) => newest.prepared));
      this.#options.metrics.writeSeconds.observe((performance.now() - start) / 1000);
      this.#options.metrics.batchRecords.observe(waiting.length);

      const again: RowPlan[] = [];
      let failure: SinkFailure | undefined;
      waiting.forEach((row, i) => {
        const outcome = outcomes[i];
        if (outcome?.status === 'written') this.#written(row, report);
        else if (outcome?.error.kind === 'data') {
          letters.push(letter(row.newest.record, refusal(outcome.error, outcome.error.code)));
          if (stepIn(row)) successors.push(row);
        } else if (outcome && this.#isRejected(row, outcome.error, failing)) {
          letters.push(letter(row.newest.record, refusal(outcome.error, 'server-rejected')));
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
      for (const row of again) row.newest = this.#renew(row.newest);
      waiting = again;
    }
    outage.over();
    return successors;
  }

  /** Whether a row has failed by itself for long enough, while others could be written, that it is at fault. */
  #isRejected(row: RowPlan, { kind }: SinkFailure, failing: Map<RowPlan, number>): boolean {
    if (kind !== 'suspect') {
      failing.delete(row);
      return false;
    }
    const now = this.#now();
    const since = failing.get(row) ?? now;
    failing.set(row, since);
    return now - since >= rejectionMs && this.#lastWritten >= since;
  }

  #written({ newest, superseded }: RowPlan, report: ChunkReport): void {
    report.written += 1;
    report.deduplicated += superseded.length;
    this.#lastWritten = this.#now();
    this.#options.metrics.endToEndSeconds.observe(Math.max(0, Date.now() - newest.record.timestamp) / 1000);
  }

  async #deliver(
    letters: readonly DeadLetter[],
    { abandon, revoked }: Pick<ChunkContext, 'abandon' | 'revoked'>,
  ): Promise<void> {
    if (letters.length === 0) return;
    const outage = new Outage('dead-letters', this.#options);
    const wait = (failure: Failure) => outage.wait(failure, AbortSignal.any([abandon, revoked]));
    try {
      // Until a restart that accepts it: these records would be dead letters then, too, and the watermark stays before them.
      while (this.#options.flood.isFlood) await wait(flood);
      let waiting = letters;
      while (waiting.length > 0) {
        try {
          await this.#options.sendLetters(waiting, (failure) => {
            outage.note(failure);
          });
          waiting = [];
        } catch (error) {
          if (error instanceof LettersRefusedError) waiting = error.refused;
          await wait(asFailure(error));
        }
      }
    } finally {
      outage.over();
    }
  }

  #settled({ written, deduplicated, filtered, deadLettered }: ChunkReport, total: ChunkReport): void {
    const { recordsTotal } = this.#options.metrics;
    if (written > 0) recordsTotal.inc({ result: 'written' }, written);
    if (deduplicated > 0) recordsTotal.inc({ result: 'deduplicated' }, deduplicated);
    if (filtered > 0) recordsTotal.inc({ result: 'filtered' }, filtered);
    if (deadLettered > 0) recordsTotal.inc({ result: 'dead_lettered' }, deadLettered);
    total.written += written;
    total.deduplicated += deduplicated;
    total.filtered += filtered;
    total.deadLettered += deadLettered;
  }
}

const nothing: Readonly<ChunkReport> = { written: 0, deduplicated: 0, filtered: 0, deadLettered: 0 };

/** How long the server may fail one row, others apart, before the row is at fault, ms. */
const rejectionMs = 600_000;

const flood: Failure = {
  code: 'dead-letter-flood',
  message:
    'most of the last 1,000 records cannot be processed; see their codes in the dead letters, and fix the cause, or restart with a higher share of dead letters allowed',
};

/** How long a look-up may take before it counts as an outage, ms. */
const slowLookupMs = 1_000;

/** Waits until it is worth decoding held records again. */
async function untilReady(reasons: Iterable<RecordHeld>, outage: Outage, signal: AbortSignal): Promise<void> {
  const lookups: Promise<void>[] = [];
  for (const reason of reasons) {
    if (!reason.until) return outage.wait(reason, signal);
    lookups.push(reason.until);
  }
  const slow = setTimeout(() => {
    // an earlier failure says more
    if (!outage.isKnown)
      outage.note({ code: 'schema-lookup', message: 'the schema registry takes long to answer' });
  }, slowLookupMs);
  await settledOrAborted(lookups, signal);
  clearTimeout(slow);
  if (signal.aborted) throw new AbandonedError();
}

/** Leaves nothing behind at the signal, which outlives many look-ups. */
function settledOrAborted(work: readonly Promise<void>[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
    void Promise.allSettled(work).then(done);
  });
}

function mutation<Row>(decoded: Exclude<Decoded<Row>, { kind: 'filtered' }>): Mutation<Row> {
  const { writeTimestamp } = decoded.version;
  return decoded.kind === 'upsert'
    ? { kind: 'upsert', row: decoded.row, writeTimestamp }
    : { kind: 'delete', key: decoded.key, writeTimestamp };
}

/** Not by spreading: the failure may be an Error, whose message that leaves out. */
function refusal({ message }: SinkFailure, code: string): Refusal {
  return { stage: 'write', code, message };
}

function letter(record: ConsumedRecord, { stage, code, message }: Refusal): DeadLetter {
  return { record: copyOfRecord(record), stage, error: { code, message } };
}
