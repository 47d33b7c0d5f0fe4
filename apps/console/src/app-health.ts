import type { AppHealth } from './contract/health.ts';

interface Ready {
  readonly ready: boolean;
  readonly reasons: string[];
}

/** What an app says of itself. @throws where it does not answer in time */
export async function readiness(url: string, timeoutMs: number): Promise<Ready> {
  const { ready, reasons } = await ask(`${url}/health/ready`, timeoutMs);
  return { ready: ready === true, reasons: Array.isArray(reasons) ? reasons.map(String) : [] };
}

/** The health of an app, and the CPU time that it has taken, s; `absent` where it does not answer. */
export async function lookAtApp(
  app: string,
  url: string,
  timeoutMs: number,
): Promise<Omit<AppHealth, 'cpu'> & { readonly cpuSeconds: number | undefined }> {
  const none = { version: null, startedAt: null, memory: null, settings: [], cpuSeconds: undefined };
  const found = await readiness(url, timeoutMs).catch(() => undefined);
  if (!found) return { ...none, app, url, state: 'absent', reasons: ['it does not answer'] };
  const { ready, reasons } = found;
  const health = { ...none, app, url, state: ready ? ('ready' as const) : ('waiting' as const), reasons };
  // an app of an earlier version does not tell
  const info = await ask(`${url}/info`, timeoutMs).catch((): AnyRecord => ({}));
  return {
    ...health,
    version: typeof info.version === 'string' ? info.version : null,
    startedAt: numberOf(info.startedAt) ?? null,
    memory: numberOf(info.memoryBytes) ?? null,
    cpuSeconds: numberOf(info.cpuSeconds),
    settings: Object.entries((info.settings ?? {}) as AnyRecord).map(([name, value]) => ({
      name,
      value: String(value),
    })),
  };
}

type AnyRecord = Readonly<Record<string, unknown>>;

async function ask(address: string, timeoutMs: number): Promise<AnyRecord> {
  const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  return (await response.json()) as AnyRecord;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
