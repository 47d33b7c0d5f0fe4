import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tcpProxy } from '../tcp-proxy.ts';
import { messages } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

describe('a server that is away at the start', () => {
  let fixture: WriterFixture;
  beforeAll(async () => {
    fixture = await (await WriterFixture.create()).migrated();
    await fixture.send(messages(50));
  });
  afterAll(() => fixture.drop());

  const [kafkaHost = '', kafkaPort] = (process.env.KAFKA_BROKERS ?? '').split(':');
  const servers = [
    {
      name: 'Kafka',
      host: kafkaHost,
      port: Number(kafkaPort),
      setting: (at: number) => ({ KAFKA_BROKERS: `127.0.0.1:${at}` }),
    },
    {
      name: 'Cassandra',
      host: process.env.CASSANDRA_CONTACT_POINTS ?? '',
      port: Number(process.env.CASSANDRA_PORT),
      setting: (at: number) => ({ CASSANDRA_CONTACT_POINTS: '127.0.0.1', CASSANDRA_PORT: String(at) }),
    },
  ];

  it.each(servers)(
    '$name: says where it should be and what starts it, and goes on once it is there',
    async (server) => {
      const proxy = await tcpProxy(server.host, server.port);
      await proxy.cut();
      const writer = fixture.start('serve', server.setting(proxy.port));
      const { level, msg } = await writer.logged('cannot be reached');
      expect(level).toBe('warn');
      expect(msg).toContain(`${server.name} at 127.0.0.1:${proxy.port}`);
      expect(msg).toContain('npx nx run infra:up');
      const reason = `${server.name.toLowerCase()}:unreachable`;
      expect(await writer.readiness()).toEqual({ status: 503, reasons: [reason] });
      expect((await writer.get('/metrics')).body).toContain(`sluice_paused{reason="${reason}"} 1`);
      expect((await writer.get('/health/live')).status).toBe(200);

      await proxy.restore();
      onTestFinished(() => proxy.cut());
      await writer.logged('partitions assigned');
      await writer.until(async () => expect(await fixture.totalLag()).toBe(0));
      expect(await writer.readiness()).toEqual({ status: 200, reasons: [] });
      expect(await fixture.rowCount()).toBe(50);
      writer.kill('SIGTERM');
      expect(await writer.ended).toBe(0);
    },
  );

  it.each(servers)(
    '$name: SIGTERM ends the wait, for serve with 0, for drain with 1 and a word',
    async (server) => {
      const proxy = await tcpProxy(server.host, server.port);
      await proxy.cut();
      const setting = server.setting(proxy.port);
      const [serve, drain] = [fixture.start('serve', setting), fixture.start('drain', setting)];
      await Promise.all([serve.logged('cannot be reached'), drain.logged('cannot be reached')]);
      serve.kill('SIGTERM');
      drain.kill('SIGTERM');
      expect(await serve.ended).toBe(0);
      expect(serve.summary).toMatchObject({ written: 0, abandoned: 0 });
      expect(await drain.ended).toBe(1);
      expect(drain.messages).toContain(`stopped while waiting for ${server.name} at 127.0.0.1:${proxy.port}`);
    },
  );
});

describe('a clock that is two hours behind', () => {
  it('holds records that look as if from the future, named by warning and readiness, until it is right', async () => {
    const fixture = await (await WriterFixture.create()).migrated();
    onTestFinished(() => fixture.drop());
    await fixture.send(messages(50));
    const shift = 'const now = Date.now; Date.now = () => now() - 7_200_000;';
    const wrong = fixture.start('serve', {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}`,
    });
    const { level } = await wrong.logged("this machine's clock is 7200 s behind");
    expect(level).toBe('warn');
    await wrong.until(async () =>
      expect(await wrong.readiness()).toEqual({ status: 503, reasons: ['decode:clock-behind'] }),
    );
    wrong.kill('SIGTERM');
    expect(await wrong.ended).toBe(0);
    expect([await fixture.rowCount(), (await fixture.letters()).length]).toEqual([0, 0]);

    expect((await fixture.run('drain')).code).toBe(0);
    expect([await fixture.rowCount(), (await fixture.letters()).length]).toEqual([50, 0]);
  });
});

describe('a member of its group that reads another topic', () => {
  it('holds the writer, named with its group by warning and readiness, until that one is gone', async () => {
    const fixture = await (await WriterFixture.create()).migrated();
    const other = await (await WriterFixture.create()).migrated();
    onTestFinished(async () => {
      await fixture.drop();
      await other.drop();
    });
    await fixture.send(messages(50));
    const stranger = other.start('serve', { KAFKA_GROUP_ID: fixture.groupId });
    await stranger.logged('partitions assigned');

    const writer = fixture.start('serve');
    expect(await writer.logged('paused')).toMatchObject({
      level: 'warn',
      code: 'foreign-member',
      reason: expect.stringMatching(`^group ${fixture.groupId} .*topics: ${other.topic}`) as string,
    });
    expect(await writer.readiness()).toMatchObject({ status: 503, reasons: ['kafka:foreign-member'] });

    stranger.kill('SIGTERM');
    expect(await stranger.ended).toBe(0);
    await writer.until(async () => expect(await fixture.totalLag()).toBe(0));
    expect(await fixture.rowCount()).toBe(50);
    expect(await writer.readiness()).toEqual({ status: 200, reasons: [] });
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
  });
});
