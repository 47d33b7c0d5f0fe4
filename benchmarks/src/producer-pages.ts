import type { ProducerJob, ProducerRun } from './producer-messages.ts';

/** Users that are sent again and again: a heap of all of them would be what is measured. */
export const distinct = 5_000;

export function pageOf<Item>(items: readonly Item[], from: number, count: number): Item[] {
  const start = from % items.length;
  const page = items.slice(start, start + count);
  return page.length < count ? [...page, ...items.slice(0, count - page.length)] : page;
}

/**
 * Hands over page after page as the producer does: the next page is made while the one before is being acknowledged. Tells the parent
 * process how long the records after the warm-up took.
 *
 * @param send resolves when the page from that number on is acknowledged; makes the page before it first waits for anything
 */
export async function sendPages(
  { records, warmUp, page }: ProducerJob,
  send: (from: number, count: number) => Promise<unknown>,
): Promise<void> {
  await inTurn(warmUp, page, (from, count) => send(from, count));
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  await inTurn(records, page, (from, count) => send(warmUp + from, count));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send?.({
    recordsPerSecond: records / seconds,
    cpuMicrosPerRecord: (user + system) / records,
  } satisfies ProducerRun);
}

async function inTurn(
  records: number,
  page: number,
  send: (from: number, count: number) => Promise<unknown>,
): Promise<void> {
  let sending: Promise<unknown> = Promise.resolve();
  for (let from = 0; from < records; from += page) {
    const before = sending;
    sending = send(from, Math.min(page, records - from));
    await before;
  }
  await sending;
}
