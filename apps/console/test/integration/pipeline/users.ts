import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { first, fixture, script, second, topicParams } from './world.ts';

test('only an operator reveals, and each reveal is written down without saying whose', async () => {
  const request = { params: topicParams(), body: { partition: 0, offset: '0', reveal: true } };
  expect((await fixture.call('POST /api/topics/:topic/message', request)).status).toBe(403);
  const revealed = await fixture.call('POST /api/topics/:topic/message', request, 'operator');
  expect(revealed.body.value).toMatchObject({ masked: false });
  expect(revealed.body.value.text).toContain('ada@example.com');
  const user = { body: { uuid: first, reveal: true } };
  expect((await fixture.call('POST /api/users/lookup', user)).status).toBe(403);
  expect((await fixture.call('POST /api/users/lookup', user, 'operator')).body.user!.fields).toContainEqual(
    expect.objectContaining({ name: 'email', value: 'ada@example.com', masked: false }),
  );
  const log = readFileSync(join(fixture.folder, 'changes.jsonl'), 'utf8');
  expect(log).toContain('"what":"message-reveal"');
  expect(log).toContain('"what":"user-reveal"');
  expect(log).not.toContain('ada@');
  expect(log).not.toContain(first);
});

test('a user is shown masked, with write times and the record it came from', async () => {
  const { body } = await fixture.call('POST /api/users/lookup', { body: { uuid: first.toUpperCase() } });
  const { user } = body;
  expect(user!.source).toMatchObject({
    topic: fixture.config.KAFKA_TOPIC,
    partition: 0,
    offset: '0',
    available: true,
  });
  const field = (name: string) => user!.fields.find((found) => found.name === name);
  expect(field('email')).toMatchObject({ value: '•••', masked: true });
  expect(field('state')).toMatchObject({ value: script, masked: false });
  expect(field('age')!.writeTime).toBe(user!.writeTime);
  expect(field('phone')).toMatchObject({ value: null, masked: false, writeTime: null });
  expect(
    (await fixture.call('POST /api/users/lookup', { body: { uuid: randomUUID() } })).body.user,
  ).toBeNull();
});

test('users are read page by page, each once', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await fixture.call('POST /api/users/page', {
      body: { limit: 1, ...(cursor === undefined ? {} : { cursor }) },
    });
    seen.push(...body.users.map(({ uuid }) => uuid));
    cursor = body.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen.sort()).toEqual([first, second].sort());
});
