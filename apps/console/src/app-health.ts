import { redactUrls } from '@sluice/telemetry';
import { boundedText } from './bounded-text.ts';
import type { AppHealth } from './contract/health.ts';

/** An answer larger than this is no app of ours. */
const maxBytes = 256 * 1024;

interface Ready {
  readonly ready: boolean;
  readonly reasons: string[];
  readonly degraded: string[];
}

/** What an app says of itself. @throws where it does not answer in time */
export async function readiness(url: string, timeoutMs: number): Promise<Ready> {
  const { ready, reasons, degraded } = await ask(`${url}/health/ready`, timeoutMs);
  return {
    ready: ready === true,
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    // an app of an earlier version does not tell
    degraded: Array.isArray(degraded) ? (degraded as AnyRecord[]).map(sentence) : [],
  };
}

function sentence({ reason, partition, offset, held, since }: AnyRecord): string {
  if (reason !== 'transaction-open') return String(reason);
  const from = typeof since === 'string' ? `, of ${since}` : '';
  return `an open transaction holds back ${String(held)} offsets of partition ${String(partition)} from ${String(offset)} on${from}`;
}

/** The health of an app, and the CPU time that it has taken, s; `absent` where it does not answer. */
export async function lookAtApp(
  app: string,
  url: string,
  timeoutMs: number,
): Promise<Omit<AppHealth, 'cpu'> & { readonly cpuSeconds: number | undefined }> {
  const none = { version: null, startedAt: null, memory: null, settings: [], cpuSeconds: undefined };
  const found = await readiness(url, timeoutMs).catch(() => undefined);
  if (!found) return { ...none, app, url, state: 'absent', reasons: ['it does not answer'], degraded: [] };
  const { ready, ...why } = found;
  const health = { ...none, app, url, state: ready ? ('ready' as const) : ('waiting' as const), ...why };
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
      // an app of an earlier version shows whole addresses
      value: redactUrls(String(value)),
    })),
  };
}

type AnyRecord = Readonly<Record<string, unknown>>;

async function ask(address: string, timeoutMs: number): Promise<AnyRecord> {
  const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  return JSON.parse(await boundedText(response, maxBytes)) as AnyRecord;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
