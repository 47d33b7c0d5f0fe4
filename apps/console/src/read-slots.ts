import { ConsoleError } from './problem.ts';

/** Bounds how many reads of topics are under way: each holds what its fetches brought. The others wait in their order. */
export class ReadSlots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /**
   * Resolves once a slot is free; give it back.
   *
   * @param signal ends the waiting
   * @throws ConsoleError 503 where the signal aborts before
   */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
  }

  /** The slot is handed on, so that nobody who comes later is faster. */
  give(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(begin);
        reject(busy());
      };
      if (signal.aborted) {
        reject(busy());
        return;
      }
      this.#waiting.add(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

function busy(): ConsoleError {
  return new ConsoleError('other viewers are reading topics', {
    status: 503,
    code: 'reads-busy',
    action: 'Wait a moment and try again.',
  });
}
