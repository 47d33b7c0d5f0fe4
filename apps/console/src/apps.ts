import { fetchMetrics, type Samples } from './app-metrics.ts';

/** What one app said at the last look. */
export interface AppLook {
  readonly app: 'producer' | 'stream-writer';
  readonly url: string;
  /** Undefined where it does not answer. */
  readonly samples: Samples | undefined;
}

export interface AppsOptions {
  readonly producers: readonly string[];
  readonly writers: readonly string[];
  /** The longest wait for one answer, ms. Default 800. */
  readonly timeoutMs?: number;
}

/** Asks every app for its metrics, at once. */
export function lookAtApps({ producers, writers, timeoutMs = 800 }: AppsOptions): Promise<AppLook[]> {
  const look = async (app: AppLook['app'], url: string): Promise<AppLook> => {
    const samples = await fetchMetrics(url, timeoutMs).catch(() => undefined);
    return { app, url, samples };
  };
  return Promise.all([
    ...producers.map((url) => look('producer', url)),
    ...writers.map((url) => look('stream-writer', url)),
  ]);
}
