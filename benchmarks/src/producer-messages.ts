/** What a process of the producer benchmark is told on its command line, as JSON. */
export interface ProducerJob {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Records that the clock counts, after those of the warm-up. */
  readonly records: number;
  readonly warmUp: number;
  /** Records that are handed over together. */
  readonly page: number;
}

export interface ProducerRun {
  readonly recordsPerSecond: number;
  readonly cpuMicrosPerRecord: number;
}
