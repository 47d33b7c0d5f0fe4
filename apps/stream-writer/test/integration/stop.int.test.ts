import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tcpProxy } from '../tcp-proxy.ts';
import { messages } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';
import type { WriterProcess } from '../writer-process.ts';

const total = 20_000;

/** Waits until some thousand records are written, by the writer's own metrics. */
async function midway(writer: WriterProcess): Promise<void> {
  await writer.until(async () => expect((await writer.records()).written).toBeGreaterThan(3_000));
}

describe('a writer that ends midway', () => {
  let fixture: WriterFixture;
  beforeEach(async () => {
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterEach(() => fixture.drop());

  /** Offsets below the committed one whose record has no row; each record here has a key of its own. */
  const committedButNotWritten = async () => {
    const written = new Set(
      (await fixture.rows('source_partition, source_offset')).map(
        (row) => `${String(row.source_partition)}/${String(row.source_offset)}`,
      ),
    );
    return (await fixture.lag()).flatMap(({ partition, committed }) =>
      Array.from({ length: committed ?? 0 }, (_, offset) => `${partition}/${offset}`).filter(
        (position) => !written.has(position),
      ),
    );
  };

  const drainedCompletely = async () => {
    const { code, writer } = await fixture.run('drain');
    expect(writer.messages).toBe('');
    expect(code).toBe(0);
    expect(await fixture.rowCount()).toBe(total);
    expect(await fixture.totalLag()).toBe(0);
    expect(await fixture.letters()).toEqual([]);
  };

  it('loses nothing by kill -9', async () => {
    await fixture.send(messages(total));
    const writer = fixture.start('serve');
    await midway(writer);
    writer.kill('SIGKILL');
    expect(await writer.ended).toBeNull();
    expect(await fixture.totalLag()).toBeGreaterThan(0);
    expect(await committedButNotWritten()).toEqual([]);
    await drainedCompletely();
  });

  it('finishes, commits and exits 0 on SIGTERM, and a drain goes on where it ended', async () => {
    await fixture.send(messages(total));
    const writer = fixture.start('serve', { SHUTDOWN_TIMEOUT: '8s' });
    await midway(writer);
    const stoppedAt = performance.now();
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(8_000);

    const lag = await fixture.lag();
    const committed = lag.reduce((sum, partition) => sum + (partition.committed ?? 0), 0);
    expect(committed).toBeGreaterThan(3_000);
    expect(committed).toBeLessThan(total);
    expect(await committedButNotWritten()).toEqual([]);
    expect(writer.summary).toMatchObject({ written: committed, deadLettered: 0, abandoned: 0 });
    await drainedCompletely();
  });

  it('gives up at the deadline, or at once on a second SIGTERM, while Cassandra does not answer', async () => {
    const proxy = await tcpProxy(
      process.env.CASSANDRA_CONTACT_POINTS ?? '',
      Number(process.env.CASSANDRA_PORT),
    );
    onTestFinished(() => proxy.cut());
    const throughProxy = { CASSANDRA_CONTACT_POINTS: '127.0.0.1', CASSANDRA_PORT: String(proxy.port) };
    const stuck = async (env: Record<string, string>) => {
      const writer = fixture.start('serve', { ...throughProxy, ...env });
      await writer.logged('partitions assigned');
      proxy.holdUp();
      await fixture.send(messages(100));
      // fetched, but not one of them settled
      await writer.until(async () =>
        expect((await writer.get('/metrics')).body).toMatch(/sluice_lag_records.* [1-9]/),
      );
      return writer;
    };

    const impatient = await stuck({ SHUTDOWN_TIMEOUT: '1h' });
    impatient.kill('SIGTERM');
    await impatient.logged('stopping');
    impatient.kill('SIGTERM');
    expect(await impatient.ended).toBe(1);

    const late = await stuck({ SHUTDOWN_TIMEOUT: '500ms' });
    const stoppedAt = performance.now();
    late.kill('SIGTERM');
    await late.ended;
    expect(performance.now() - stoppedAt).toBeLessThan(4_000);
    expect(await fixture.totalLag()).toBe(200);
  });

  it('stops when the process that started it is killed', async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL('../parent.ts', import.meta.url))], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        METRICS_PORT: '0',
        ...fixture.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [pid, log] = [0, ''];
    parent.stdout.on('data', (chunk: Buffer) => (pid = Number(chunk.toString())));
    parent.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await vi.waitFor(() => expect(log).toContain('partitions assigned'), { timeout: 20_000 });
    onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 12_000 });
    expect(log).toContain('"msg":"stopped"');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
