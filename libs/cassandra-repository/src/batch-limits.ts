import { CassandraError } from './errors.ts';
import type { Logger } from './options.ts';
import type { CassandraSession } from './session.ts';

/** How large an UNLOGGED batch may be without a warning of the server. */
export interface BatchLimits {
  /** As {@link mutationBytes} counts them. */
  readonly bytes: number;
  readonly rows: number;
}

const fallback: BatchLimits = { bytes: 5 * 1024, rows: 10 };

/**
 * What the server counts for a row beside its values: `PartitionUpdate.dataSize()` with 20 bytes for each cell
 * (timestamp, TTL, deletion time) and 50 for the row itself, as measured on 5.0. Partition keys are not counted
 * there but are here: a small margin for other versions.
 */
const rowBytes = 50;
const cellBytes = 20;

/** The size of one row or delete towards `batch_size_warn_threshold`. */
export function mutationBytes(valueBytes: number, cells: number): number {
  return rowBytes + cells * cellBytes + valueBytes;
}

/**
 * Reads the thresholds of the server's batch warnings from `system_views.settings`.
 * The row names and units have changed: Cassandra 4.0 has `batch_size_warn_threshold_in_kb` = `5`, 4.1 and 5.0
 * have `batch_size_warn_threshold` = `5KiB` beside it.
 */
export async function readBatchLimits(
  session: Pick<CassandraSession, 'query'>,
  logger?: Logger,
): Promise<BatchLimits> {
  try {
    const { rows } = await session.query('SELECT name, value FROM system_views.settings');
    const settings = new Map(rows.map(({ name, value }) => [String(name), String(value)]));
    return limitsFrom(settings);
  } catch (error) {
    if (!(error instanceof CassandraError) || error.retryable) throw error;
    logger?.warn(
      {
        ...fallback,
        reason: error.message,
      },
      'the role may not read system_views.settings: assuming the default batch thresholds',
    );
    return fallback;
  }
}

export function limitsFrom(settings: ReadonlyMap<string, string>): BatchLimits {
  const size = settings.get('batch_size_warn_threshold');
  const sizeKb = settings.get('batch_size_warn_threshold_in_kb');
  const partitions = settings.get('unlogged_batch_across_partitions_warn_threshold');
  return {
    bytes: parseBytes(size) ?? parseBytes(sizeKb && `${sizeKb}KiB`) ?? fallback.bytes,
    rows: parseCount(partitions) ?? fallback.rows,
  };
}

const units: Readonly<Record<string, number>> = { '': 1, b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function parseBytes(text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d+)\s*([a-z]*)$/i.exec(text?.trim() ?? '') ?? [];
  const factor = units[unit?.toLowerCase() ?? ''];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  // At 0 every batch warns, so rows go one by one.
  return Math.max(1, Number(text));
}
