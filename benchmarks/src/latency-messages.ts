/** What the processes of the latency benchmark are told on their command lines, as JSON. */
export interface LatencyJob {
  /** Records a second. */
  readonly rate: number;
  /** Of the whole window, the warm-up included. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Number of the first user: no number comes twice, so that no row is there before it was written. */
  readonly from: number;
}

/** A record that the load has just handed over: when to start waiting for its row. */
export interface Sample {
  readonly uuid: string;
  /** Of the shared clock, ms. */
  readonly sentAt: number;
  readonly warmUp: boolean;
}

/** What the load says. */
export type FromLoad =
  { readonly kind: 'sample'; readonly sample: Sample } | { readonly kind: 'done'; readonly sent: number };

export interface LatencyRun {
  /** Of each sample, ms. */
  readonly latencies: readonly number[];
  /** Records a second that were acknowledged. */
  readonly rate: number;
}
