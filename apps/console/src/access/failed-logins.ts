import { isIPv6 } from 'node:net';

const windowMs = 60_000;
/** Of one address, a minute. */
export const maxFromAddress = 10;
/** Of all addresses, a minute: whoever has many gets no further. */
export const maxInAll = 100;

interface Failure {
  readonly at: number;
  readonly from: string;
}

/** Attempts to log in that failed within the last minute. Those that succeeded do not count: people share an address. */
export class FailedLogins {
  readonly #now: () => number;
  /** In order of time; never more than {@link maxInAll}, since further attempts are refused. */
  #failures: Failure[] = [];

  constructor({ now = Date.now }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  /** How long an address has to wait before its next attempt, ms; 0: it need not. */
  waitMs(address: string): number {
    const now = this.#now();
    this.#failures = this.#failures.filter(({ at }) => now - at < windowMs);
    const own = this.#failures.filter(({ from }) => from === networkOf(address));
    const blocking = [own.at(-maxFromAddress), this.#failures.at(-maxInAll)];
    return Math.max(0, ...blocking.map((failure) => (failure ? failure.at + windowMs - now : 0)));
  }

  add(address: string): void {
    this.#failures.push({ at: this.#now(), from: networkOf(address) });
  }
}

/** One network of IPv6 has more addresses than anybody can count: its first 64 bits stand for all of them. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...new Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16))
    .join(':');
}
