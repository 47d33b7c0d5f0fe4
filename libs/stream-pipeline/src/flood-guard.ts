/** Records that are looked back at. */
const windowRecords = 1_000;
/** Fewer letters than this are never a flood, whatever their share. */
const leastLetters = 200;

/**
 * Tells a flood of dead letters: more than a share of the last 1,000 records, and at least 200. So many mean a wrong schema or
 * a wrong topic rather than bad records, and must not empty the topic into the dead letters.
 */
export class FloodGuard {
  readonly #maxRatio: number;
  /** Of each of the last records whether it became a letter; the oldest is overwritten. */
  readonly #window = new Uint8Array(windowRecords);
  #seen = 0;
  #letters = 0;
  #isFlood = false;

  /** @param maxRatio 1: nothing is a flood */
  constructor(maxRatio: number) {
    this.#maxRatio = maxRatio;
  }

  /** Once true it stays so: good records that follow do not make the letters right. */
  get isFlood(): boolean {
    return this.#isFlood;
  }

  /** Takes note of records that are about to be settled, and of the letters among them. */
  add(records: number, letters: number): void {
    for (let i = 0; i < records; i++) this.#push(i < letters ? 1 : 0);
    const seen = Math.min(this.#seen, windowRecords);
    this.#isFlood ||= this.#letters >= leastLetters && this.#letters > this.#maxRatio * seen;
  }

  #push(letter: 0 | 1): void {
    const at = this.#seen % windowRecords;
    this.#letters += letter - (this.#window[at] ?? 0);
    this.#window[at] = letter;
    this.#seen += 1;
  }
}
