import type { Change } from '../contract/audits.ts';

/** Equal entries within so long are one. */
const spanMs = 5 * 60_000;
/** Kinds that are counted at a time; of more the oldest is written. */
const maxKinds = 1_000;

interface Kind {
  last: Change;
  count: number;
  readonly timer: NodeJS.Timeout;
}

/** Writes the first of equal entries at once, and the number of those that follow it when their time is over. */
export class Repetitions {
  readonly #write: (change: Change) => void;
  readonly #kinds = new Map<string, Kind>();

  constructor(write: (change: Change) => void) {
    this.#write = write;
  }

  add(change: Change): void {
    const { who, role, from, what, outcome } = change;
    const key = JSON.stringify([who, role, from, what, outcome]);
    const kind = this.#kinds.get(key);
    if (kind) {
      kind.last = change;
      kind.count += 1;
      return;
    }
    this.#write(change);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size >= maxKinds && oldest !== undefined) this.#end(oldest);
    const timer = setTimeout(() => {
      try {
        this.#end(key);
      } catch {
        // a full disk, which requests report: the count is kept until it can be written
        timer.refresh();
      }
    }, spanMs);
    timer.unref();
    this.#kinds.set(key, { last: change, count: 0, timer });
  }

  close(): void {
    for (const key of [...this.#kinds.keys()]) this.#end(key);
  }

  #end(key: string): void {
    const kind = this.#kinds.get(key);
    if (!kind) return;
    if (kind.count > 0)
      this.#write({ ...kind.last, details: { ...kind.last.details, repeated: kind.count } });
    clearTimeout(kind.timer);
    this.#kinds.delete(key);
  }
}
