import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messages } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

describe('offsets', () => {
  let fixture: WriterFixture;
  const now = Date.now();
  const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  const offsets = (...args: string[]) => fixture.run('offsets', {}, args);

  beforeAll(async () => {
    fixture = await WriterFixture.create();
    expect((await fixture.run('migrate', { TOPIC_PARTITIONS: '2' })).code).toBe(0);
    const batch = (partition: number, minutes: number, from: number) =>
      messages(10, from).map((record) => ({ ...record, partition, timestamp: now + minutes * 60_000 }));
    await fixture.send([...batch(0, -30, 0), ...batch(0, -10, 10), ...batch(1, -30, 20)]);
  });
  afterAll(() => fixture.drop());

  it('shows where the group stands, also where it never committed', async () => {
    const { code, writer } = await offsets('--json');
    expect(writer.messages).toBe('');
    expect(code).toBe(0);
    expect(writer.summary).toEqual({
      group: fixture.groupId,
      topic: fixture.topic,
      members: [],
      applied: false,
      partitions: [
        { partition: 0, begin: 0, end: 20, highWatermark: 20, committed: null, lag: 20, held: 0 },
        { partition: 1, begin: 0, end: 10, highWatermark: 10, committed: null, lag: 10, held: 0 },
      ],
    });
  });

  it('previews a move by time without making it, and makes it with --yes', async () => {
    const preview = await offsets('--to', at(-20));
    expect(preview.code).toBe(0);
    expect(preview.writer.stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      `group ${fixture.groupId} of topic ${fixture.topic}: stopped`,
      'partition begin end committed lag held to effect',
      '0 0 20 - 20 0 10 skips 10',
      '1 0 10 - 10 0 10 skips 10',
      'Nothing is changed; --yes does it.',
      '',
    ]);
    expect((await fixture.lag()).map(({ committed }) => committed)).toEqual([null, null]);

    expect((await offsets('--to', at(-20), '--yes')).code).toBe(0);
    expect((await fixture.lag()).map(({ committed }) => committed)).toEqual([10, 10]);
    expect((await fixture.run('drain')).writer.summary).toMatchObject({ written: 10 });
  });

  it('moves single partitions; what is read again is written again', async () => {
    const moved = await offsets('--to', '4', '--partition', '1', '--yes', '--json');
    expect(moved.writer.summary).toMatchObject({
      applied: true,
      partitions: [
        { partition: 0, committed: 20, lag: 0 },
        { partition: 1, committed: 10, to: 4, rereads: 6, skips: 0 },
      ],
    });
    expect((await fixture.run('drain')).writer.summary).toMatchObject({ written: 6 });
    expect(await fixture.rowCount()).toBe(16);
    expect((await offsets('--to', 'earliest', '--yes')).code).toBe(0);
    expect((await fixture.run('drain')).writer.summary).toMatchObject({ written: 30 });
    expect((await offsets('--to', 'latest', '--json')).writer.summary).toMatchObject({
      partitions: [
        { rereads: 0, skips: 0 },
        { rereads: 0, skips: 0 },
      ],
    });
  });

  it('refuses to move a group that has members, and names them', async () => {
    const writer = fixture.start('serve');
    await writer.logged('partitions assigned');
    const refused = await offsets('--to', 'earliest', '--yes');
    expect(refused.code).toBe(1);
    expect(refused.writer.messages).toMatch(/1 member\(s\): stream-writer at 127\.0\.0\.1/);
    expect((await offsets('--to', 'earliest')).writer.stdout).toContain('1 member(s)');
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
    expect(await fixture.totalLag()).toBe(0);
  });

  it.each([
    [1, 'holds 0 to 10', ['--to', '15']],
    [1, 'no partition 7', ['--to', 'latest', '--partition', '7']],
    [78, 'earliest, latest, an offset', ['--to', 'yesterday']],
    [78, '--yes needs --to', ['--yes']],
    [78, 'whole number', ['--partition', 'x']],
  ])('exits %i with: %s', async (code, text, args) => {
    const refused = await offsets(...args);
    expect(refused.code).toBe(code);
    expect(refused.writer.messages).toContain(text);
  });

  it('names the topic that is missing, and the command that makes it', async () => {
    const { code, writer } = await fixture.run('offsets', { KAFKA_TOPIC: `${fixture.topic}.not` }, []);
    expect(code).toBe(1);
    expect(writer.messages).toContain(`${fixture.topic}.not`);
    expect(writer.messages).toContain('stream-writer:migrate');
  });
});
