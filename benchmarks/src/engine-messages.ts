/** What an engine process is told on its command line, as JSON. */
export interface EngineJob {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly groupId: string;
  /** Records that this process settles before its clock starts: by then the code is compiled. */
  readonly warmUp: number;
}

export type FromEngine =
  | { readonly kind: 'assigned'; readonly partitions: readonly number[] }
  | ({ readonly kind: 'done' } & EngineRun);

/** The time after the warm-up. */
export interface EngineRun {
  readonly records: number;
  /** Of the clock that all processes of a machine share, ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}
