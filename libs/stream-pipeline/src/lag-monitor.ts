import type { KafkaAdmin, KafkaClient, PartitionOffsets, RecordBatch } from '@sluice/kafka-client';
import type { Logger, PipelineMetrics } from '@sluice/telemetry';
import { asFailure } from './errors.ts';
import type { Degradation } from './options.ts';
import type { PartitionTracker } from './partition-tracker.ts';

interface LagMonitorOptions {
  readonly kafka: Pick<KafkaClient, 'read'>;
  readonly topic: string;
  readonly metrics: PipelineMetrics;
  readonly logger: Logger;
  /** Time that records may be held by one open transaction before that counts as a degradation, ms. Default 60,000. */
  readonly maxHeldMs?: number;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
  /** Monotonic clock, ms. Default: performance.now. */
  readonly elapsed?: () => number;
}

type Ends = Pick<PartitionOffsets, 'end' | 'highWatermark'>;

interface Known extends Ends {
  /** When `end` was first seen to be held back, on the monotonic clock. */
  readonly heldSince: number | undefined;
  /** Timestamp of the record at `end`, ms; null where it could not be read; undefined before that was tried. */
  readonly firstHeldAt?: number | null;
}

/** Fetches bring the ends along while records flow; this is for partitions that wait or have nothing to read, ms. */
const pollMs = 5_000;
/** Reading the first record that is held is given up after this, ms: health does without its timestamp. */
const readMs = 5_000;

/**
 * How far the partitions of an epoch are behind: lag in records (last stable offset - committed), in time, and the offsets that open
 * transactions hold back. Sets the metrics, and says where a transaction stays open for too long.
 */
export class LagMonitor {
  readonly #options: Required<LagMonitorOptions>;
  #trackers: ReadonlyMap<number, PartitionTracker> = new Map();
  #known = new Map<number, Known>();
  #polledAt = -Infinity;
  #polling = false;

  constructor(options: LagMonitorOptions) {
    this.#options = { maxHeldMs: 60_000, now: Date.now, elapsed: () => performance.now(), ...options };
  }

  /** A new epoch: of partitions that are no longer ours nothing is shown. */
  assigned(trackers: ReadonlyMap<number, PartitionTracker>): void {
    const { lagRecords, lagSeconds, heldOffsets } = this.#options.metrics;
    for (const partition of this.#trackers.keys())
      for (const gauge of [lagRecords, lagSeconds, heldOffsets]) gauge.remove({ partition });
    this.#trackers = trackers;
    this.#known = new Map();
    this.#polledAt = -Infinity;
  }

  /** Takes the ends that a fetch brought along: older ones, where the batch has waited for room since. */
  fetched({ partition, lastStableOffset: end, highWatermark }: RecordBatch): void {
    const known = this.#known.get(partition);
    if (known && (end < known.end || highWatermark < known.highWatermark)) return;
    this.#see(partition, { end, highWatermark });
  }

  /** Sets the metrics. What is not known is not shown. */
  report(): void {
    const { metrics, now } = this.#options;
    for (const [partition, { watermark, committedOffset, oldestTimestamp }] of this.#trackers) {
      const known = this.#known.get(partition);
      if (!known) continue;
      metrics.lagRecords.set({ partition }, Math.max(0, known.end - committedOffset));
      metrics.heldOffsets.set({ partition }, known.highWatermark - known.end);
      if (watermark >= known.end) metrics.lagSeconds.set({ partition }, 0);
      else if (oldestTimestamp === undefined) metrics.lagSeconds.remove({ partition });
      else metrics.lagSeconds.set({ partition }, Math.max(0, now() - oldestTimestamp) / 1_000);
    }
  }

  /** Asks the brokers for the ends, every few seconds whatever the number of calls. Never rejects, and need not be awaited. */
  async poll(admin: Pick<KafkaAdmin, 'offsets'>): Promise<void> {
    const { topic, metrics, elapsed } = this.#options;
    if (this.#polling || this.#trackers.size === 0 || elapsed() - this.#polledAt < pollMs) return;
    this.#polling = true;
    this.#polledAt = elapsed();
    const trackers = this.#trackers;
    try {
      const offsets = await admin.offsets(topic);
      // of an epoch that ended meanwhile they may be those of an earlier topic
      if (trackers !== this.#trackers) return;
      for (const found of offsets) this.#see(found.partition, found);
      this.report();
      await this.#lookAtOverdue();
    } catch (error) {
      metrics.retriesTotal.inc({ target: 'offsets', code: asFailure(error).code });
    } finally {
      this.#polling = false;
    }
  }

  /** Partitions that an open transaction holds back for longer than `maxHeldMs`. */
  get degraded(): readonly Degradation[] {
    return this.#overdue.map(([partition, { end, highWatermark, firstHeldAt = null }]) => ({
      reason: 'transaction-open',
      partition,
      offset: end,
      held: highWatermark - end,
      since: firstHeldAt === null ? null : new Date(firstHeldAt).toISOString(),
    }));
  }

  get #overdue(): readonly (readonly [partition: number, known: Known])[] {
    const { elapsed, maxHeldMs } = this.#options;
    return [...this.#known].filter(
      ([, { heldSince }]) => heldSince !== undefined && elapsed() - heldSince > maxHeldMs,
    );
  }

  #see(partition: number, { end, highWatermark }: Ends): void {
    if (!this.#trackers.has(partition)) return;
    const before = this.#known.get(partition);
    const isHeld = highWatermark > end;
    const same = before?.end === end && before.heldSince !== undefined ? before : undefined;
    if (!isHeld || !same) this.#sayOver(partition, before);
    this.#known.set(partition, {
      ...(isHeld && same),
      end,
      highWatermark,
      heldSince: isHeld ? (same?.heldSince ?? this.#options.elapsed()) : undefined,
    });
  }

  /** Reads the record that is waited for, once, and says so. */
  async #lookAtOverdue(): Promise<void> {
    const { topic, logger } = this.#options;
    for (const [partition, { end, highWatermark, firstHeldAt }] of this.#overdue) {
      if (firstHeldAt !== undefined) continue;
      const timestamp = await this.#timestampAt(partition, end);
      const known = this.#known.get(partition);
      if (known?.end !== end || known.heldSince === undefined) continue;
      this.#known.set(partition, { ...known, firstHeldAt: timestamp });
      logger.warn(
        {
          topic,
          partition,
          offset: end,
          held: highWatermark - end,
          since: timestamp === null ? null : new Date(timestamp).toISOString(),
        },
        'an open transaction holds back records: they are written once its producer ends it, or the brokers abort it',
      );
    }
  }

  #sayOver(partition: number, before: Known | undefined): void {
    if (before?.firstHeldAt === undefined) return;
    this.#options.logger.info(
      { topic: this.#options.topic, partition, offset: before.end },
      'the transaction that held back records has ended',
    );
  }

  async #timestampAt(partition: number, offset: number): Promise<number | null> {
    const { kafka, topic, metrics } = this.#options;
    try {
      for await (const { records } of kafka.read({
        topic,
        ranges: new Map([[partition, { from: offset, to: offset + 1 }]]),
        isolation: 'read_uncommitted',
        maxBytesPerPartition: 1,
        signal: AbortSignal.timeout(readMs),
      })) {
        const [first] = records;
        if (first && first.timestamp >= 0) return first.timestamp;
      }
    } catch (error) {
      // the record itself may be at fault: health does without its timestamp
      metrics.retriesTotal.inc({ target: 'held-record', code: asFailure(error).code });
    }
    return null;
  }
}
