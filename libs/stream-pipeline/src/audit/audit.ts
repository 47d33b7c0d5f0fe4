import { StoredRows } from '@sluice/cassandra-repository';
import type { ConsumedRecord, RecordBatch } from '@sluice/kafka-client';
import type { Refusal } from '../options.ts';
import { type Damage, Findings } from './findings.ts';
import { type Circumstances, judge } from './judge.ts';
import { type FoldedWindow, foldWindow } from './key-fold.ts';
import { LetterPositions } from './letter-positions.ts';
import type { AuditOptions, AuditProgress, AuditReport } from './options.ts';
import { RecordReader } from './record-reader.ts';
import { Repair, requireIdle, stateOf } from './repair.ts';
import { Ring, ringSize } from './ring.ts';
import { keyHash } from './row-hash.ts';
import { lookAgain, type Suspect } from './suspects.ts';
import { type Ranges, TopicScope } from './topic-scope.ts';
import { bytesPerKey, type FoldedVersion, VersionTable } from './version-table.ts';

/** Rows that are looked at again together; what bounds the memory where everything is damaged. */
const suspectsAtOnce = 50_000;

/**
 * Compares a table with the topic it is written from.
 *
 * The topic is folded to the newest version of each key, by write timestamp and offset, up to what the writer's group has committed;
 * each row, read at the session's consistency (LOCAL_QUORUM by default), has to be what that version leaves, and each record that cannot
 * be processed has to have a dead letter. Records may flow meanwhile.
 *
 * Memory is bounded: keys are taken in windows of the ring of tokens, as many as fit, and the topic is read once for each window.
 *
 * @throws KafkaError, CassandraError where a server does not answer or a topic or the table is missing
 * @throws PipelineError `not-idle` for a repair while the group has members or lag; `nothing-settled`; `too-many-keys`
 */
export async function audit<Row extends object>(options: AuditOptions<Row>): Promise<AuditReport> {
  const { kafka, topic, groupId, repair = false } = options;
  if (repair) await requireIdle(kafka, topic, groupId);
  const run = await AuditRun.open(options);
  try {
    return await run.report();
  } finally {
    await run.close();
  }
}

class AuditRun<Row extends object> {
  readonly #options: AuditOptions<Row>;
  readonly #started = performance.now();
  readonly #rows: StoredRows<Row>;
  readonly #scope: TopicScope;
  readonly #letters: LetterPositions;
  readonly #reader: RecordReader<Row>;
  readonly #findings: Findings<Row>;
  readonly #repair: Repair<Row> | undefined;
  readonly #ring: Ring;
  /** Highest offset of a record without a letter that was told of, by partition: a pass may begin anew. */
  readonly #told = new Map<number, number>();
  readonly #counts = {
    records: 0,
    refused: 0,
    keys: 0,
    rows: 0,
    retention: 0,
    ttl: 0,
    unreadable: 0,
    expiredLetters: 0,
    ahead: 0,
    notJudged: 0,
  };
  #progress: AuditProgress;

  static async open<Row extends object>(options: AuditOptions<Row>): Promise<AuditRun<Row>> {
    const { kafka, topic, groupId, since, settleMs = 60_000, waitForTransactions = false, signal } = options;
    const rows = await StoredRows.open<Row>(options.session, options.table);
    options.onProgress?.({ phase: 'settling', ...atStart });
    // the letters after what was committed: of all that is settled they are there by then
    const scope = await TopicScope.take({
      kafka,
      topic,
      groupId,
      since,
      settleMs,
      waitForTransactions,
      signal,
    });
    const onRecords = () => options.onProgress?.({ phase: 'letters', ...atStart });
    const letters = await LetterPositions.read(
      kafka,
      options.deadLetterTopic,
      { name: topic, id: scope.topicId },
      {
        onRecords,
        ...(signal && { signal }),
      },
    );
    const reader = new RecordReader(options.decode, rows, { signal, onHeld: options.onHeld });
    const read = (ranges: Ranges) => readRanges(options, ranges);
    const repair = options.repair
      ? await Repair.open({
          ...options,
          rows,
          reader,
          read,
          topicId: scope.topicId,
          ttlSeconds: options.ttlSeconds,
          now: options.now ?? Date.now,
        })
      : undefined;
    return new AuditRun(options, { rows, scope, letters, reader, repair });
  }

  private constructor(
    options: AuditOptions<Row>,
    parts: {
      readonly rows: StoredRows<Row>;
      readonly scope: TopicScope;
      readonly letters: LetterPositions;
      readonly reader: RecordReader<Row>;
      readonly repair: Repair<Row> | undefined;
    },
  ) {
    const { maxFindings = 100, random = Math.random } = options;
    this.#options = options;
    this.#rows = parts.rows;
    this.#scope = parts.scope;
    this.#letters = parts.letters;
    this.#reader = parts.reader;
    this.#repair = parts.repair;
    this.#ring = new Ring(options.sample ? random() : 0);
    this.#findings = new Findings({
      max: maxFindings,
      rows: parts.rows,
      columns: options.table.columns,
      reader: parts.reader,
      read: this.#read,
    });
    this.#progress = { phase: 'topic', ...atStart, recordsInAll: parts.scope.records };
  }

  async report(): Promise<AuditReport> {
    const passes = await this.#passes();
    const { topic, table } = this.#options;
    const { counts, list, count } = this.#findings;
    const { refused, keys, rows, retention, ttl, unreadable, expiredLetters, ahead, notJudged } =
      this.#counts;
    const repair = this.#repair?.report;
    const isMended = repair !== undefined && repair.mended + repair.letters === count;
    const { unsettled, partitions } = this.#scope;
    return {
      ok: (count === 0 || isMended) && unsettled === 0,
      topic,
      table: `${table.keyspace}.${table.table}`,
      partitions: partitions.map(({ partition, begin, from, settled }) => ({
        partition,
        begin,
        from,
        to: settled,
      })),
      records: this.#scope.records,
      refused,
      letters: this.#letters.count,
      formerLetters: this.#letters.former,
      keys,
      rows,
      passes,
      seconds: Number(((performance.now() - this.#started) / 1000).toFixed(3)),
      damages: counts,
      unverifiable: { retention, ttl, unreadable, letters: expiredLetters },
      ahead,
      notJudged,
      unsettled,
      held: this.#scope.held,
      findings: list,
      findingsLeftOut: count - list.length,
      ...(repair && { repair }),
    };
  }

  async close(): Promise<void> {
    await this.#repair?.close();
  }

  /** Goes through the ring, or the part of it that is sampled, in windows of as many keys as fit. Returns how many it took. */
  async #passes(): Promise<number> {
    const { sample, memoryBytes = 256 * 1024 * 1024 } = this.#options;
    const places = sample && 'share' in sample ? Math.max(1, Math.floor(sample.share * ringSize)) : ringSize;
    const fitting = Math.max(1, Math.floor(memoryBytes / bytesPerKey));
    const wanted = sample && 'keys' in sample ? sample.keys : this.#scope.records;
    const versions = new VersionTable(Math.max(1, Math.min(fitting, wanted)));
    let passes = 0;
    let first = 0;
    let width = places;
    while (first < places) {
      passes++;
      this.#say({ phase: 'topic', pass: passes, records: 0 });
      const folded = await this.#fold(versions, { first, last: Math.min(first + width, places) - 1 }, passes);
      this.#counts.keys += versions.size;
      await this.#compare(versions, first, folded);
      if (passes === 1) await this.#repair?.finish();
      if (sample && 'keys' in sample) break;
      const taken = folded.last - first + 1;
      // about as many keys again: a window that has to shrink is work for nothing
      if (taken < width) width = taken;
      first += taken;
    }
    return passes;
  }

  async #fold(
    versions: VersionTable,
    window: { readonly first: number; readonly last: number },
    pass: number,
  ): Promise<FoldedWindow> {
    const folded = await foldWindow(versions, window, {
      scope: this.#scope,
      ring: this.#ring,
      letters: this.#letters,
      reader: this.#reader,
      read: this.#read,
      onRecords: (count) => {
        const keys = this.#counts.keys + versions.size;
        this.#say({ records: this.#progress.records + count, keys });
      },
      ...(pass === 1 && { onUnaccounted: (record, refusal) => this.#addUnaccounted(record, refusal) }),
    });
    if (pass === 1) this.#counts.refused = folded.refused;
    return folded;
  }

  /** Compares the rows of a window with the versions that were folded. */
  async #compare(versions: VersionTable, first: number, folded: FoldedWindow): Promise<void> {
    const suspects: Suspect[] = [];
    const suspect = async (one: Suspect) => {
      suspects.push(one);
      if (suspects.length >= suspectsAtOnce) await this.#settle(suspects.splice(0), folded);
    };
    this.#say({ phase: 'table' });
    for (const window of this.#ring.tokens(first, folded.last))
      for await (const row of this.#rows.scan(window, this.#signal)) {
        if (++this.#counts.rows % 1_000 === 0) this.#say({ rows: this.#counts.rows });
        const hash = keyHash(row.key.values);
        const version = versions.see(hash);
        if (!version && !this.#mayBeOrphaned) {
          this.#counts.notJudged++;
          continue;
        }
        const state = stateOf(row);
        const verdict = judge(version, state, this.#circumstances(version, folded));
        if (verdict.kind === 'right') this.#counts.ahead += verdict.ahead ? 1 : 0;
        // no second look can tell more of a row whose records may be gone, and most rows may be such
        else if (!version && verdict.kind === 'unverifiable') this.#counts[verdict.reason]++;
        else await suspect({ hash, version, row: { keyText: row.keyText, state } });
      }
    for (const { key, version } of versions.unseen()) await suspect({ hash: key, version, row: null });
    await this.#settle(suspects, folded);
  }

  /** Counts what is still wrong after a second look, describes it and, where asked to, mends it. */
  async #settle(suspects: readonly Suspect[], folded: FoldedWindow): Promise<void> {
    this.#say({ phase: 'again' });
    const left = await lookAgain(suspects, folded, {
      scope: this.#scope,
      letters: this.#letters,
      reader: this.#reader,
      read: this.#read,
      onRecords: () => {
        this.#say({});
      },
    });
    const damages: Damage[] = [];
    for (const one of left) {
      const circumstances = this.#circumstances(one.version, folded);
      const verdict = judge(one.version, one.row?.state ?? null, circumstances);
      if (verdict.kind === 'unverifiable') this.#counts[verdict.reason]++;
      if (verdict.kind === 'damaged') damages.push({ ...one, kind: verdict.damage });
    }
    await this.#findings.add(damages);
    if (!this.#repair || damages.length === 0) return;
    this.#say({ phase: 'repair' });
    await this.#repair.mend(damages);
  }

  #circumstances(
    version: FoldedVersion | undefined,
    { goneUntil, unreadUntil }: FoldedWindow,
  ): Circumstances {
    const { ttlSeconds = this.#rows.defaultTtlSeconds } = this.#options;
    return {
      trimmed: this.#scope.trimmed,
      goneUntil: (version && goneUntil.get(version.partition)) ?? -Infinity,
      // a key without a record may be one of any partition
      unreadUntil: version
        ? (unreadUntil.get(version.partition) ?? -Infinity)
        : Math.max(-Infinity, ...unreadUntil.values()),
      expires: ttlSeconds > 0,
    };
  }

  async #addUnaccounted(record: ConsumedRecord, refusal: Refusal): Promise<void> {
    if (record.offset <= (this.#told.get(record.partition) ?? -1)) return;
    this.#told.set(record.partition, record.offset);
    if (record.timestamp <= this.#letters.goneUntil) {
      this.#counts.expiredLetters++;
      return;
    }
    this.#findings.addUnaccounted(record, refusal.code);
    await this.#repair?.addLetter(record, refusal);
  }

  /** Whether a row without a settled record is to be looked into: not where it may well have one that was not read. */
  get #mayBeOrphaned(): boolean {
    return this.#options.since === undefined && this.#scope.unsettled === 0;
  }

  readonly #read = (ranges: Ranges) => readRanges(this.#options, ranges);

  get #signal() {
    const { signal } = this.#options;
    return signal ? { signal } : {};
  }

  #say(news: Partial<AuditProgress>): void {
    this.#progress = { ...this.#progress, ...news };
    this.#options.onProgress?.(this.#progress);
  }
}

const atStart = { pass: 1, records: 0, recordsInAll: 0, keys: 0, rows: 0 };

function readRanges(
  { kafka, topic, signal }: Pick<AuditOptions<object>, 'kafka' | 'topic' | 'signal'>,
  ranges: Ranges,
): AsyncIterable<RecordBatch> {
  return kafka.read({ topic, ranges, ...(signal && { signal }) });
}
