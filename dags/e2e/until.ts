import { setTimeout as delay } from 'node:timers/promises';

const intervalMs = 500;

/** Asks again until the answer is neither false nor undefined, and gives it. What it throws counts as not yet. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { withinMs = 60_000 }: { readonly withinMs?: number } = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let reason = '';
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    } catch (error) {
      reason = `: ${(error as Error).message}`;
    }
    if (performance.now() > deadline)
      throw new Error(`not within ${String(withinMs / 1000)} s: ${what}${reason}`);
    await delay(intervalMs);
  }
}
