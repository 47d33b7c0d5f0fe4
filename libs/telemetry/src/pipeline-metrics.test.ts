import { describe, expect, it } from 'vitest';
import { mergeMetrics, Metrics } from './metrics.ts';
import { createPipelineMetrics, createSourceMetrics } from './pipeline-metrics.ts';

describe('createPipelineMetrics', () => {
  it('shows every metric by its promised name and labels', async () => {
    const metrics = createPipelineMetrics({ pipeline: 'users' });
    metrics.recordsTotal.inc({ result: 'written' }, 40);
    metrics.recordsTotal.inc({ result: 'written' });
    metrics.recordsTotal.inc({ result: 'dead_lettered' }, 0);
    metrics.writeSeconds.observe(0.004);
    metrics.batchRecords.observe(41);
    metrics.endToEndSeconds.observe(0.02, 41);
    metrics.lagRecords.set({ partition: 2 }, 7);
    metrics.paused.set({ reason: 'sink-unavailable' }, 1);
    metrics.retriesTotal.inc({ target: 'cassandra', code: 'write-timeout' });
    const text = await metrics.registry.text();
    for (const line of [
      'sluice_records_total{pipeline="users",result="written"} 41',
      'sluice_records_total{pipeline="users",result="dead_lettered"} 0',
      '# TYPE sluice_write_seconds histogram',
      'sluice_write_seconds_bucket{le="0.003"} 0',
      'sluice_write_seconds_bucket{le="0.005"} 1',
      'sluice_write_seconds_bucket{le="+Inf"} 1',
      'sluice_batch_records_sum 41',
      'sluice_end_to_end_seconds_count 41',
      'sluice_lag_records{partition="2"} 7',
      'sluice_paused{reason="sink-unavailable"} 1',
      'sluice_retries_total{target="cassandra",code="write-timeout"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('forgets the lag of a partition that was lost', async () => {
    const metrics = createPipelineMetrics({ pipeline: 'users' });
    metrics.lagRecords.set({ partition: 2 }, 7);
    metrics.lagRecords.remove({ partition: 2 });
    expect(await metrics.registry.text()).not.toContain('partition="2"');
  });

  it('does not compile with a wrong label', () => {
    const metrics = createPipelineMetrics({ pipeline: 'users' });
    // @ts-expect-error not a result
    metrics.recordsTotal.inc({ result: 'lost' });
    expect(() => {
      // @ts-expect-error not a label
      metrics.recordsTotal.inc({ result: 'written', topic: 'x' });
    }).toThrow('topic');
    // @ts-expect-error a label is missing
    metrics.retriesTotal.inc({ target: 'kafka' });
  });

  it('keeps the metrics of two sets apart', async () => {
    const one = createPipelineMetrics({ pipeline: 'a' });
    createPipelineMetrics({ pipeline: 'b' }).recordsTotal.inc({ result: 'written' });
    expect(await one.registry.text()).not.toContain('pipeline=');
  });
});

describe('createSourceMetrics', () => {
  it('counts requests and records', async () => {
    const metrics = createSourceMetrics({ pipeline: 'users' });
    metrics.sourceRequestsTotal.inc({ status: 429 });
    metrics.recordsTotal.inc({ result: 'produced' }, 5000);
    const lines = (await metrics.registry.text()).split('\n');
    expect(lines).toContain('sluice_source_requests_total{status="429"} 1');
    expect(lines).toContain('sluice_source_records_total{pipeline="users",result="produced"} 5000');
  });
});

describe('Metrics', () => {
  it('adds the metrics of the process when asked', async () => {
    const metrics = new Metrics();
    expect(await metrics.text()).not.toContain('process_');
    metrics.collectProcess();
    expect(await metrics.text()).toContain('process_resident_memory_bytes');
  });
});

describe('mergeMetrics', () => {
  it('makes the metrics of two processes those of one: counts are summed, a pause is one', async () => {
    const processes = [1, 2].map((number) => {
      const metrics = createPipelineMetrics({ pipeline: 'users' });
      metrics.recordsTotal.inc({ result: 'written' }, number);
      metrics.lagRecords.set({ partition: number }, 10);
      // a partition that went from one to the other
      metrics.lagRecords.set({ partition: 3 }, number);
      metrics.lagSeconds.set({ partition: 3 }, number / 2);
      metrics.heldOffsets.set({ partition: 3 }, 4);
      metrics.paused.set({ reason: 'sink:unreachable' }, 1);
      metrics.writeSeconds.observe(0.004, number);
      return metrics;
    });
    const snapshots = await Promise.all(processes.map(({ registry }) => registry.snapshot()));
    const sent = JSON.parse(JSON.stringify(snapshots)) as typeof snapshots;
    const lines = (await mergeMetrics(sent)).split('\n');
    for (const line of [
      'sluice_records_total{pipeline="users",result="written"} 3',
      'sluice_lag_records{partition="1"} 10',
      'sluice_lag_records{partition="2"} 10',
      'sluice_lag_records{partition="3"} 2',
      'sluice_lag_seconds{partition="3"} 1',
      'sluice_transaction_held_offsets{partition="3"} 4',
      'sluice_paused{reason="sink:unreachable"} 1',
      '# TYPE sluice_write_seconds histogram',
      'sluice_write_seconds_bucket{le="0.003"} 0',
      'sluice_write_seconds_bucket{le="0.005"} 3',
      'sluice_write_seconds_bucket{le="+Inf"} 3',
      'sluice_write_seconds_count 3',
    ]) {
      expect(lines).toContain(line);
    }
  });
});
