import type { HistorySeries } from '../contract/overview.ts';
import type { Handlers } from '../handlers.ts';
import { badRequest } from '../problem.ts';
import type { Services } from '../services.ts';

const minuteMs = 60_000;
const ranges = {
  '15m': { ms: 15 * minuteMs, stepMs: 1_000 },
  '1h': { ms: 60 * minuteMs, stepMs: 1_000 },
  '6h': { ms: 6 * 60 * minuteMs, stepMs: minuteMs },
  '24h': { ms: 24 * 60 * minuteMs, stepMs: minuteMs },
  '7d': { ms: 7 * 24 * 60 * minuteMs, stepMs: minuteMs },
} as const;

const series: Readonly<Record<HistorySeries, true>> = {
  produced: true,
  written: true,
  lag: true,
  timeLag: true,
  endToEndP50: true,
  endToEndP99: true,
  deadLetters: true,
  partitionLag: true,
};

export function overviewRoutes({
  sampler,
  history,
}: Services): Handlers<'GET /api/overview' | 'GET /api/history'> {
  return {
    'GET /api/overview': () => sampler.overview(),
    'GET /api/history': async ({ query }) => {
      const wanted = query.series.split(',');
      const unknown = wanted.filter((name) => !Object.hasOwn(series, name));
      if (unknown.length > 0)
        throw badRequest(`no series ${unknown.join(', ')}`, `Choose of ${Object.keys(series).join(', ')}.`);
      const { ms, stepMs } = ranges[query.range];
      const to = Date.now();
      const names = wanted.flatMap((name) => (name === 'partitionLag' ? history.namesOf('lag/') : [name]));
      return history.read(names, { from: to - ms, to, stepMs });
    },
  };
}
