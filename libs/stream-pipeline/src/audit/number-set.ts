/** Whole numbers, 8 bytes each: first all are added, then they are sorted, then looked up. */
export class NumberSet {
  #numbers = new Float64Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(number: number): void {
    if (this.#size === this.#numbers.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#size++] = number;
  }

  /** In order, each once. */
  sort(): void {
    const sorted = this.#numbers.subarray(0, this.#size).sort();
    let kept = 0;
    for (const number of sorted) if (kept === 0 || sorted[kept - 1] !== number) sorted[kept++] = number;
    this.#size = kept;
  }

  has(number: number): boolean {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low < this.#size && this.#numbers[low] === number;
  }
}
