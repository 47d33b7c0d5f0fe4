import type { History, HistoryQuery, Overview } from '../../../src/contract/overview.ts';
import { useOverviews } from './live.ts';
import { useHistory } from './queries.ts';

/** What of the live figures continues which series of the history. */
const liveValues: Readonly<Record<string, (overview: Overview) => number | null>> = {
  produced: ({ topic }) => topic.recordsPerSecond,
  written: ({ writer }) => writer.recordsPerSecond,
  lag: ({ writer }) => writer.lag,
  timeLag: ({ writer }) => writer.timeLagMs,
  endToEndP50: ({ endToEnd }) => endToEnd.p50Ms,
  endToEndP99: ({ endToEnd }) => endToEnd.p99Ms,
  deadLetters: ({ deadLetters }) => deadLetters.recordsPerSecond,
};

export interface Figures {
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Figures over time, where each second counts up to now: the history is read seldom and the live figures continue it. */
export function useFigures(range: HistoryQuery['range'], series: readonly string[]) {
  const history = useHistory(range, series.join(','));
  const overviews = useOverviews();
  return { history, figures: history.data && begun(continued(history.data, overviews, series)) };
}

/** Without the time before the first figure, such as before the console was first started. */
export function begun({ times, values }: Figures): Figures {
  const first = times.findIndex((_time, index) =>
    Object.values(values).some((column) => column[index] != null),
  );
  if (first <= 0) return { times, values };
  return {
    times: times.slice(first),
    values: Object.fromEntries(Object.entries(values).map(([name, column]) => [name, column.slice(first)])),
  };
}

/** A history with the live figures that are newer than it. */
export function continued(
  history: History,
  overviews: readonly Overview[],
  series: readonly string[],
): Figures {
  // Points that stand for minutes are not continued by seconds.
  if (history.stepMs > 1_000) return history;
  // The newest seconds may not have reached the history yet.
  const end =
    1 +
    history.times.findLastIndex((_time, index) =>
      series.some((name) => history.values[name]?.[index] != null),
    );
  const times = history.times.slice(0, end);
  const last = times.at(-1) ?? 0;
  const newer = overviews.filter(({ at }) => at > last);
  return {
    times: [...times, ...newer.map(({ at }) => at)],
    values: Object.fromEntries(
      series.map((name) => {
        const live = liveValues[name] ?? (() => null);
        return [
          name,
          [...(history.values[name]?.slice(0, end) ?? times.map(() => null)), ...newer.map(live)],
        ];
      }),
    ),
  };
}
