import type { Logger } from '@sluice/telemetry';
import { bucketsOf, sumOf } from './app-metrics.ts';
import type { AppLook } from './apps.ts';
import type { Problem } from './contract/common.ts';
import type { Overview, Pause } from './contract/overview.ts';
import { EndOffsets } from './end-offsets.ts';
import type { Figures } from './history.ts';
import { heldIn, type KafkaLook, lagOf, recordsIn, sum } from './kafka-look.ts';
import { LatencyWindow } from './latency-window.ts';
import { toConsoleError } from './problem.ts';
import { Rate } from './rate.ts';

export interface Nodes {
  readonly up: number;
  readonly all: number;
}

export interface SamplerOptions {
  readonly lookAtKafka: () => Promise<KafkaLook>;
  readonly lookAtApps: () => Promise<readonly AppLook[]>;
  /** Every few seconds. */
  readonly lookAtNodes: () => Promise<Nodes>;
  readonly remember: (time: number, figures: Figures) => void;
  readonly logger: Logger;
  /** Wall clock, ms since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

const tickMs = 1_000;
/** Looks between two of Cassandra's nodes. */
const nodesEvery = 5;
/** More partitions than this have their lag shown, not remembered. */
const rememberedPartitions = 64;

type Outcome<T> =
  { readonly value: T; readonly problem: null } | { readonly value: null; readonly problem: Problem };

/** The flow's figures, once a second: the newest for who looks, and all of them for the history. */
export class Sampler {
  readonly #options: Required<SamplerOptions>;
  readonly #listeners = new Set<(overview: Overview) => void>();
  readonly #ends = new EndOffsets();
  readonly #rates = {
    produced: new Rate(),
    committed: new Rate(),
    letters: new Rate(),
    acknowledged: new Rate(),
    requests: new Rate(),
    failures: new Rate(),
    rows: new Rate(),
  };
  readonly #endToEnd = new LatencyWindow();
  readonly #writes = new LatencyWindow();
  readonly #pausedSince = new Map<string, number>();
  #nodes: Outcome<Nodes> | undefined;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #latest: Overview | undefined;

  constructor(options: SamplerOptions) {
    this.#options = { now: Date.now, ...options };
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.tick(), tickMs);
    void this.tick();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** The figures of the last look; looks where there was none yet. */
  async overview(): Promise<Overview> {
    if (!this.#latest) await this.tick();
    if (!this.#latest) throw new Error('the first look at the pipeline failed');
    return this.#latest;
  }

  /** Calls back after each look until the returned function is called. */
  onOverview(listener: (overview: Overview) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One look. Where one is under way, that one. */
  tick(): Promise<void> {
    this.#running ??= this.#look()
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'looking at the pipeline failed');
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #look(): Promise<void> {
    const { lookAtKafka, lookAtApps, lookAtNodes, now } = this.#options;
    // not in the way of the figures: a node that hangs is waited for
    if (this.#looks++ % nodesEvery === 0) void outcome(lookAtNodes()).then((nodes) => (this.#nodes = nodes));
    const [kafka, apps] = await Promise.all([outcome(lookAtKafka()), lookAtApps()]);
    const overview = this.#digest(now(), kafka, apps);
    this.#latest = overview;
    for (const listener of this.#listeners) listener(overview);
  }

  #digest(at: number, kafka: Outcome<KafkaLook>, apps: readonly AppLook[]): Overview {
    const lag = kafka.value && lagOf(kafka.value);
    this.#count(at, kafka.value, apps);
    const timeLagMs = kafka.value && lag && this.#timeLag(at, kafka.value, { lag, apps });
    const rates = this.#rates;
    const endToEndP50 = this.#endToEnd.quantile(0.5);
    const endToEndP99 = this.#endToEnd.quantile(0.99);
    const totalLag = lag ? sum(lag.values()) : null;
    const written = kafka.value ? rates.committed.perSecond : null;
    const produced = kafka.value ? rates.produced.perSecond : null;
    const pauses = this.#pauses(at, apps);
    const problem = kafka.problem;
    const letters = kafka.value ? recordsIn(kafka.value.letterBegins, kafka.value.letterEnds) : null;
    const producerIsThere = apps.some(({ app, samples }) => app === 'producer' && samples);
    const writerIsThere = apps.some(({ app, samples }) => app === 'stream-writer' && samples);
    const nodes = this.#nodes;

    this.#options.remember(at, {
      produced,
      written,
      lag: totalLag,
      timeLag: timeLagMs,
      endToEndP50,
      endToEndP99,
      deadLetters: kafka.value ? rates.letters.perSecond : null,
      ...(lag && lag.size <= rememberedPartitions
        ? Object.fromEntries([...lag].map(([partition, records]) => [`lag/${partition}`, records]))
        : {}),
    });
    return {
      at,
      source: {
        state: !producerIsThere ? 'absent' : (rates.acknowledged.perSecond ?? 0) > 0 ? 'ok' : 'idle',
        problem: null,
        recordsPerSecond: rates.acknowledged.perSecond,
        requestsPerSecond: rates.requests.perSecond,
        failuresPerSecond: rates.failures.perSecond,
      },
      topic: {
        state: problem ? 'away' : (produced ?? 0) > 0 ? 'ok' : 'idle',
        problem,
        recordsPerSecond: produced,
        partitions: kafka.value ? kafka.value.ends.size : null,
        records: kafka.value ? recordsIn(kafka.value.begins, kafka.value.ends) : null,
        held: kafka.value && heldIn(kafka.value),
      },
      writer: {
        state: writerState({
          pauses,
          isAway: problem !== null,
          isThere: writerIsThere,
          written,
          lag: totalLag,
        }),
        problem,
        recordsPerSecond: written,
        members: kafka.value ? kafka.value.members : null,
        lag: totalLag,
        timeLagMs,
        catchUpSeconds: catchUpSeconds(totalLag, written, produced),
        pauses,
      },
      table: {
        state: nodes?.problem ? 'away' : (rates.rows.perSecond ?? 0) > 0 ? 'ok' : 'idle',
        problem: nodes?.problem ?? null,
        rowsPerSecond: rates.rows.perSecond,
        writeP50Ms: this.#writes.quantile(0.5),
        writeP99Ms: this.#writes.quantile(0.99),
        nodesUp: nodes?.value?.up ?? null,
        nodes: nodes?.value?.all ?? null,
      },
      deadLetters: {
        state: problem ? 'away' : letters === 0 ? 'idle' : 'ok',
        problem,
        records: letters,
        recordsPerSecond: kafka.value ? rates.letters.perSecond : null,
      },
      endToEnd: { p50Ms: endToEndP50, p99Ms: endToEndP99 },
    };
  }

  #count(at: number, kafka: KafkaLook | null, apps: readonly AppLook[]): void {
    const rates = this.#rates;
    if (kafka) {
      this.#ends.add(at, kafka.highWatermarks);
      rates.produced.add(at, sum(kafka.highWatermarks.values()));
      rates.committed.add(at, sum(kafka.committed.values()));
      rates.letters.add(at, sum(kafka.letterEnds.values()));
    } else for (const rate of [rates.produced, rates.committed, rates.letters]) rate.clear();
    const producers = samplesOf(apps, 'producer');
    const writers = samplesOf(apps, 'stream-writer');
    feed(rates.acknowledged, at, total(producers, 'sluice_source_records_total', { result: 'produced' }));
    feed(rates.requests, at, total(producers, 'sluice_source_requests_total'));
    const answered = total(producers, 'sluice_source_requests_total', { status: '200' }) ?? 0;
    const requests = total(producers, 'sluice_source_requests_total');
    feed(rates.failures, at, requests === undefined ? undefined : requests - answered);
    feed(rates.rows, at, total(writers, 'sluice_records_total', { result: 'written' }));
    this.#endToEnd.add(writers.map((samples) => bucketsOf(samples, 'sluice_end_to_end_seconds')));
    this.#writes.add(writers.map((samples) => bucketsOf(samples, 'sluice_write_seconds')));
  }

  /**
   * The age of the oldest record that is not settled: as the writers tell it from its timestamp or, where none does, since this console saw it
   * come; null where it is older than this console.
   */
  #timeLag(
    at: number,
    { begins, committed }: KafkaLook,
    { lag, apps }: { readonly lag: ReadonlyMap<number, number>; readonly apps: readonly AppLook[] },
  ): number | null {
    const told = lagSecondsOf(samplesOf(apps, 'stream-writer'));
    let oldest = 0;
    for (const [partition, records] of lag) {
      if (records === 0) continue;
      const next = Math.max(committed.get(partition) ?? 0, begins.get(partition) ?? 0);
      const seconds = told.get(partition);
      // 0 is of a moment before, when there was no lag
      const age = seconds ? seconds * 1_000 : this.#ends.ageOf(partition, next, at);
      if (age === null) return null;
      oldest = Math.max(oldest, age);
    }
    return oldest;
  }

  #pauses(at: number, apps: readonly AppLook[]): Pause[] {
    const pauses = apps.flatMap(({ url, samples }) =>
      (samples?.get('sluice_paused') ?? [])
        .filter(({ value }) => value > 0)
        .map(({ labels }) => ({ reason: labels.reason ?? 'unknown', app: url })),
    );
    const keys = new Set(pauses.map(({ reason, app }) => `${app} ${reason}`));
    for (const key of this.#pausedSince.keys()) if (!keys.has(key)) this.#pausedSince.delete(key);
    return pauses.map(({ reason, app }) => {
      const key = `${app} ${reason}`;
      const since = this.#pausedSince.get(key) ?? at;
      this.#pausedSince.set(key, since);
      return { reason, app, since };
    });
  }
}

function writerState({
  pauses,
  isAway,
  isThere,
  written,
  lag,
}: {
  readonly pauses: readonly Pause[];
  readonly isAway: boolean;
  readonly isThere: boolean;
  readonly written: number | null;
  readonly lag: number | null;
}): Overview['writer']['state'] {
  if (pauses.length > 0) return 'paused';
  if (isAway) return 'away';
  // a writer of another kind, such as the Spark job, shows by its commits
  if ((written ?? 0) > 0) return 'ok';
  if (!isThere) return 'absent';
  return lag === 0 ? 'idle' : 'ok';
}

/** Until there is no lag at the present rates; null where it does not shrink. */
export function catchUpSeconds(
  lag: number | null,
  written: number | null,
  produced: number | null,
): number | null {
  if (lag === null || lag === 0) return lag;
  const shrinking = (written ?? 0) - (produced ?? 0);
  return shrinking > 0 ? lag / shrinking : null;
}

async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work, problem: null };
  } catch (error) {
    return { value: null, problem: toConsoleError(error).problem };
  }
}

/** `sluice_lag_seconds` by partition. */
function lagSecondsOf(writers: readonly SamplesOfApp[]): ReadonlyMap<number, number> {
  const oldest = new Map<number, number>();
  for (const { labels, value } of writers.flatMap((samples) => samples.get('sluice_lag_seconds') ?? [])) {
    const partition = Number(labels.partition);
    oldest.set(partition, Math.max(value, oldest.get(partition) ?? 0));
  }
  return oldest;
}

type SamplesOfApp = NonNullable<AppLook['samples']>;

function samplesOf(apps: readonly AppLook[], name: AppLook['app']): SamplesOfApp[] {
  return apps.flatMap(({ app, samples }) => (app === name && samples ? [samples] : []));
}

function total(
  all: readonly SamplesOfApp[],
  name: string,
  labels?: Readonly<Record<string, string>>,
): number | undefined {
  if (all.length === 0) return undefined;
  return sum(all.map((samples) => sumOf(samples, name, labels) ?? 0));
}

function feed(rate: Rate, at: number, value: number | undefined): void {
  if (value === undefined) rate.clear();
  else rate.add(at, value);
}
