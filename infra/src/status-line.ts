import { largest, type MetricsReading, quantileOf, total } from './metrics.ts';

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How many users the producer has brought so far. */
export interface Published {
  readonly fetched: number;
  readonly produced: number;
}

/** Records that can be read and are not settled, the age of the oldest, and what open transactions hold back; `-` where not known. */
function lagText(writer: MetricsReading | undefined): string {
  if (largest(writer, 'sluice_lag_records') === undefined) return 'lag -';
  const age = largest(writer, 'sluice_lag_seconds');
  const held = total(writer, 'sluice_transaction_held_offsets');
  return [
    `lag ${total(writer, 'sluice_lag_records')} (${age === undefined ? '-' : Math.ceil(age)} s)`,
    ...(held > 0 ? [`held ${held}`] : []),
  ].join('  ');
}

/** One line that is rewritten in place on a terminal, and said anew every 5 s and at the end elsewhere. */
export class StatusLine {
  readonly #output: Output;
  #written: { at: number; records: number } | undefined;
  #rate = 0;
  #saidAt = -Infinity;
  #unsaid: string | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  show(published: Published, writer: MetricsReading | undefined, now = performance.now()): void {
    const text = this.#text(published, writer, now);
    if (this.#output.isTTY) this.#output.write(`\r\u001b[2K${text}`);
    else if (now - this.#saidAt >= 5_000) {
      this.#saidAt = now;
      this.#unsaid = undefined;
      this.#output.write(`${text}\n`);
    } else this.#unsaid = text;
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\n');
    else if (this.#unsaid !== undefined) this.#output.write(`${this.#unsaid}\n`);
  }

  #text({ fetched, produced }: Published, writer: MetricsReading | undefined, now: number): string {
    const written = total(writer, 'sluice_records_total', 'result="written"');
    this.#measureRate(written, now);
    const latency = [0.5, 0.99].map((q) => quantileOf(writer, 'sluice_end_to_end_seconds', q));
    return [
      `fetched ${fetched}`,
      `produced ${produced}`,
      `written ${written}`,
      `dead-lettered ${total(writer, 'sluice_records_total', 'result="dead_lettered"')}`,
      lagText(writer),
      `${Math.round(this.#rate)} rows/s`,
      `end to end p50/p99 ${latency.map((seconds) => (seconds === undefined ? '-' : `${Math.round(seconds * 1000)}`)).join('/')} ms`,
    ].join('  ');
  }

  #measureRate(records: number, now: number): void {
    if (this.#written && now > this.#written.at)
      this.#rate = Math.max(0, ((records - this.#written.records) * 1000) / (now - this.#written.at));
    this.#written = { at: now, records };
  }
}
