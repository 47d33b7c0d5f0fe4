interface Span {
  /** Offset after the last record of the span. */
  readonly end: number;
  /** Timestamp of the record right before `end`, where there is one. */
  readonly lastTimestamp: number | undefined;
  readonly firstTimestamp: number | undefined;
  settled: boolean;
}

/**
 * Position and durable watermark of one partition in one epoch. Spans begin in the order of their offsets and settle in
 * any order; the watermark passes a span only when it and every span before it are settled.
 */
export class PartitionTracker {
  readonly #spans: Span[] = [];
  #watermark: number;
  #lastTimestamp: number | undefined;
  #position: number;
  #committed: number;
  /** Timestamp of the record at the position, once it is fetched. */
  #nextTimestamp: number | undefined;

  /** @param start the committed offset, from which the partition is read */
  constructor(start: number) {
    this.#watermark = start;
    this.#position = start;
    this.#committed = start;
  }

  /** Every record before this offset is settled: written, filtered or in the dead letters. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Timestamp of the record right before the watermark, where that is known. */
  get lastTimestamp(): number | undefined {
    return this.#lastTimestamp;
  }

  /**
   * Timestamp of the first record that is not settled, ms; undefined where that is not known: nothing after the watermark is fetched yet,
   * or the record has none.
   */
  get oldestTimestamp(): number | undefined {
    const [oldest] = this.#spans;
    return oldest ? oldest.firstTimestamp : this.#nextTimestamp;
  }

  /** Offset of the next record to be read. */
  get position(): number {
    return this.#position;
  }

  /** What was committed last. */
  get committedOffset(): number {
    return this.#committed;
  }

  /** The watermark where it is past what was committed last. */
  get uncommitted(): number | undefined {
    return this.#watermark > this.#committed ? this.#watermark : undefined;
  }

  /** Spans that have begun and that the watermark has not passed. */
  get spansAhead(): number {
    return this.#spans.length;
  }

  committed(offset: number): void {
    this.#committed = Math.max(this.#committed, offset);
  }

  /** The record at the position was fetched, with this timestamp (ms, -1 where it has none), and waits for its turn. */
  fetched(timestamp: number | undefined): void {
    this.#nextTimestamp = timestamp === undefined || timestamp < 0 ? undefined : timestamp;
  }

  /** Begins the span from the position to `end`; the returned function settles it. */
  begin(end: number, lastTimestamp?: number): () => void {
    const span: Span = { end, lastTimestamp, firstTimestamp: this.#nextTimestamp, settled: false };
    this.#spans.push(span);
    this.#position = end;
    this.#nextTimestamp = undefined;
    return () => {
      span.settled = true;
      this.#advance();
    };
  }

  #advance(): void {
    let passed = 0;
    for (const span of this.#spans) {
      if (!span.settled) break;
      this.#watermark = span.end;
      this.#lastTimestamp = span.lastTimestamp;
      passed += 1;
    }
    this.#spans.splice(0, passed);
  }
}
