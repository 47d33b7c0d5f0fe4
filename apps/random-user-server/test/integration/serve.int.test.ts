import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listening, start } from '../server-process.ts';

describe('random-user-server serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'announces its address, answers, and exits 0 on %s',
    async (signal) => {
      const { child, exit, line } = await listening('--json');
      const { url, pid } = JSON.parse(line) as { url: string; pid: number };
      expect(pid).toBe(child.pid);
      const response = await fetch(`${url}?results=2`);
      expect(((await response.json()) as { results: unknown[] }).results).toHaveLength(2);
      child.kill(signal);
      expect(await exit).toEqual([0, null]);
    },
  );

  it('stops at once although a client is in the middle of a request', async () => {
    const { child, exit, line } = await listening('--json');
    const { url } = JSON.parse(line) as { url: string };
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET /api/ HTTP/1.1\r\n');
    await (await fetch(url)).text();
    child.kill();
    expect(await exit).toEqual([0, null]);
    client.destroy();
  });

  it('announces itself to people too', async () => {
    const { child, exit, line } = await listening();
    expect(line).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\/api\/$/);
    child.kill();
    await exit;
  });

  it('answers the same after a restart', async () => {
    const bodies = [];
    for (let run = 0; run < 2; run++) {
      const { child, exit, line } = await listening('--json');
      const { url } = JSON.parse(line) as { url: string };
      bodies.push(await (await fetch(`${url}?seed=x&page=3&results=100`)).text());
      child.kill();
      await exit;
    }
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('says in one line that its port is taken, and exits 1', async () => {
    const { child, exit, line } = await listening('--json');
    const port = new URL((JSON.parse(line) as { url: string }).url).port;
    const second = start('serve', '--port', port);
    expect(await second.exit).toEqual([1, null]);
    expect(await second.stderr).toBe(
      `127.0.0.1:${port} is taken: stop what listens there or choose another --port\n`,
    );
    child.kill();
    await exit;
  });

  it.each([
    [['serve', '--port', 'many'], 'from 0 to 65535'],
    [['serve', '--port', '65536'], 'from 0 to 65535'],
    [['serve', '--pot', '1'], '--pot'],
    [['sreve'], 'sreve'],
  ])('exits 78 on %j', async (args, message) => {
    const { exit, stderr } = start(...args);
    expect(await exit).toEqual([78, null]);
    expect(await stderr).toContain(message);
  });

  it('exits 0 on --help', async () => {
    expect(await start('serve', '--help').exit).toEqual([0, null]);
  });
});
