import { expect, test, vi } from 'vitest';
import { limitsFrom, readBatchLimits } from './batch-limits.ts';
import { CassandraError } from './errors.ts';

test.each([
  [
    '5.0',
    { batch_size_warn_threshold: '5KiB', unlogged_batch_across_partitions_warn_threshold: '10' },
    5_120,
    10,
  ],
  [
    '4.0',
    { batch_size_warn_threshold_in_kb: '64', unlogged_batch_across_partitions_warn_threshold: '200' },
    65_536,
    200,
  ],
  ['bytes', { batch_size_warn_threshold: '6000B' }, 6_000, 10],
  ['a space', { batch_size_warn_threshold: '2 MiB' }, 2 * 1024 * 1024, 10],
  [
    'the new name beside the old',
    { batch_size_warn_threshold: '1KiB', batch_size_warn_threshold_in_kb: '5' },
    1_024,
    10,
  ],
  ['no partitions allowed', { unlogged_batch_across_partitions_warn_threshold: '0' }, 5_120, 1],
  [
    'values that are none',
    { batch_size_warn_threshold: 'null', unlogged_batch_across_partitions_warn_threshold: '' },
    5_120,
    10,
  ],
  ['nothing', {}, 5_120, 10],
])('reads the thresholds of a server with %s', (_, settings, bytes, rows) => {
  expect(limitsFrom(new Map(Object.entries(settings)))).toEqual({ bytes, rows });
});

function refusing(code: 'unauthorized' | 'timeout') {
  const error = new CassandraError(code, 'no', { retryable: code === 'timeout' });
  return { query: () => Promise.reject(error) };
}

test('assumes the defaults, with a warning, where the role may not read the settings', async () => {
  const logger = { info: vi.fn(), warn: vi.fn() };
  expect(await readBatchLimits(refusing('unauthorized'), logger)).toEqual({ bytes: 5_120, rows: 10 });
  expect(logger.warn).toHaveBeenCalledOnce();
});

test('does not take an outage for a missing permission', async () => {
  await expect(readBatchLimits(refusing('timeout'))).rejects.toMatchObject({ code: 'timeout' });
});
