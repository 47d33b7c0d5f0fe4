import { hash } from 'node:crypto';

/** The API serves page 1 again to whoever asks for a higher one. */
export const MAX_PAGE = 10_000;

/** Seed and page of the page at `index` (from 0) of a run, such that no two are the same. */
export function pageAt(runSeed: string, index: number): { readonly seed: string; readonly page: number } {
  const round = Math.floor(index / MAX_PAGE);
  // 16 hex digits, as the API's own seeds: it reads the end of an 18-character seed as a nationality.
  const seed = round === 0 ? runSeed : hash('sha256', `${runSeed}/${round.toString()}`).slice(0, 16);
  return { seed, page: (index % MAX_PAGE) + 1 };
}
