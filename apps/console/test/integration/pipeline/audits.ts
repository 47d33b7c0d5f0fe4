import { expect, test } from 'vitest';
import { confirm, ended, fixture } from './world.ts';

test('an audit is started, told and kept', async () => {
  await fixture.drain();
  const { body } = await fixture.call('POST /api/audits', { body: { confirm } }, 'operator');
  const task = await ended(body.id);
  expect(task).toMatchObject({ state: 'done', kind: 'audit', by: 'operator', audit: { ok: true, rows: 2 } });
  expect(
    (await fixture.call('GET /api/tasks', { query: { kind: 'audit' } })).body.tasks.map(({ id }) => id),
  ).toEqual([body.id]);
  const stop = await fixture.call(
    'POST /api/tasks/:id/stop',
    { params: { id: body.id }, body: { confirm } },
    'operator',
  );
  expect(stop.status).toBe(409);
  const changes = await fixture.call('GET /api/changes');
  expect(changes.body.changes.map(({ what }) => what)).toContain('audit');
});
