import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Registry,
} from 'prom-client';
import type { Metric } from 'prom-client';
import { Histogram } from './histogram.ts';
import type { HistogramOptions } from './histogram.ts';

export type Labels = Readonly<Record<string, string | number>>;

/** A value that only grows. `L` lists the labels, all of them needed. */
export interface Counter<L extends Labels> {
  /** Adds `by`. Default: 1. */
  inc(labels: L, by?: number): void;
}

/** A value that goes up and down. */
export interface Gauge<L extends Labels> {
  set(labels: L, value: number): void;
  /** Forgets the value for these labels: it is no longer shown. */
  remove(labels: L): void;
}

export interface MetricOptions<L extends Labels> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly (keyof L & string)[];
}

export interface GaugeOptions<L extends Labels> extends MetricOptions<L> {
  /** What the gauges of several processes make together, see {@link mergeMetrics}. Default: sum. */
  readonly merged?: 'sum' | 'max';
}

/** All metrics of a process at one moment, as plain data that can be sent to another process. */
export type MetricsSnapshot = readonly object[];

/** A set of metrics of its own (not prom-client's global one), in the Prometheus text format. Names are unique. */
export class Metrics {
  readonly #registry = new Registry();
  readonly contentType: string = this.#registry.contentType;

  counter<L extends Labels>({ name, help, labels }: MetricOptions<L>): Counter<L> {
    return new PromCounter<string>({ name, help, labelNames: labels, registers: [this.#registry] });
  }

  gauge<L extends Labels>({ name, help, labels, merged = 'sum' }: GaugeOptions<L>): Gauge<L> {
    const registers = [this.#registry];
    return new PromGauge<string>({ name, help, labelNames: labels, registers, aggregator: merged });
  }

  histogram(options: HistogramOptions): Histogram {
    const histogram = new Histogram(options);
    // The registry only ever reads `name`, `type` and `get()`; its type asks for a class of prom-client.
    this.#registry.registerMetric(histogram as unknown as Metric);
    return histogram;
  }

  /** Adds the metrics of the process: CPU, memory, event loop lag, garbage collection. Once a process. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** All metrics as text, for `GET /metrics`. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** All metrics as data, for {@link mergeMetrics} in another process. */
  snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON();
  }
}

/**
 * The metrics of several processes of one program as those of one, as text for `GET /metrics`: counters and histograms are summed, and
 * gauges as each one says (`merged`).
 */
export function mergeMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}
