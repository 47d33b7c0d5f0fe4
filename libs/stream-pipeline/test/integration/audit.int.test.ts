import { afterEach, beforeEach, expect, test } from 'vitest';
import { PipelineError } from '../../src/index.ts';
import { AuditedItems, idOf } from '../audited-items.ts';
import { item } from '../item-pipeline.ts';

/** A write timestamp that the tests choose themselves. */
const written = (us: number) => ({ headers: [['sluice.write-timestamp', Buffer.from(String(us))] as const] });
const us = 1_700_000_000_000_000;
const none = { missing: 0, stale: 0, altered: 0, orphaned: 0, undeleted: 0, unaccounted: 0 };

let items: AuditedItems;
beforeEach(async () => {
  items = await AuditedItems.create();
});
afterEach(() => items.drop());

const send = (...records: Parameters<AuditedItems['items']['send']>) => items.items.send(...records);
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ ...item(from + i), ...written(us + i) }));

test('finds nothing in a table that is right, whatever came in whichever order', async () => {
  await send(
    ...many(50),
    { ...item(1, { amount: 7 }), ...written(us + 1_000) },
    { ...item(1, { amount: 6 }), ...written(us + 900) },
    { key: idOf(2), value: null, ...written(us + 1_000) },
    { ...item(3, { name: null, amount: null }), ...written(us + 1_000) },
    { key: idOf(4), value: null, ...written(us - 1_000) },
    { key: idOf(60), value: 'not JSON' },
    { key: idOf(61), value: null, ...written(us) },
  );
  await items.drain();
  const report = await items.audit();
  expect(report).toMatchObject({
    ok: true,
    damages: none,
    findings: [],
    records: 57,
    refused: 1,
    letters: 1,
    keys: 51,
    rows: 49,
    passes: 1,
    unsettled: 0,
    ahead: 0,
  });
});

test('finds each of the six damages, and names the key, the record and the columns', async () => {
  await send(...many(20), { key: idOf(5), value: null, ...written(us + 500) });
  await send({ ...item(6), ...written(us + 600) });
  await items.drain();
  // a record that was committed though it is neither in the table nor among the letters
  await send({ key: idOf(40), value: 'not JSON', partition: 0 });
  await items.admin(async (admin) => {
    const offsets = await admin.offsets(items.items.topic);
    const ends = offsets.map(({ partition, end }) => ({ partition, offset: end }));
    await admin.setOffsets(items.items.topic, items.items.topic, ends);
  });

  await items.cql(`DELETE FROM $ USING TIMESTAMP ${us + 1} WHERE id = ?`, [idOf(1)]);
  await items.cql(`DELETE FROM $ USING TIMESTAMP ${us + 600} WHERE id = ?`, [idOf(6)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'old') USING TIMESTAMP ${us + 601}`, [idOf(6)]);
  await items.cql(`UPDATE $ USING TIMESTAMP ${us + 100} SET amount = 99 WHERE id = ?`, [idOf(2)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'nobody') USING TIMESTAMP ${us}`, [idOf(30)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'back') USING TIMESTAMP ${us + 501}`, [idOf(5)]);

  const report = await items.audit();
  expect(report).toMatchObject({
    ok: false,
    damages: { missing: 1, stale: 0, altered: 2, orphaned: 1, undeleted: 1, unaccounted: 1 },
    findingsLeftOut: 0,
  });
  const byKey = new Map(report.findings.map((finding) => [finding.key, finding]));
  expect(byKey.get(idOf(1))).toMatchObject({
    kind: 'missing',
    writeTimestamp: us + 1,
    rowWriteTimestamp: null,
  });
  expect(byKey.get(idOf(2))).toMatchObject({
    kind: 'altered',
    columns: ['amount'],
    rowWriteTimestamp: us + 100,
  });
  expect(byKey.get(idOf(6))).toMatchObject({ kind: 'altered', columns: ['name', 'amount'] });
  expect(byKey.get(idOf(30))).toMatchObject({ kind: 'orphaned', partition: null, offset: null });
  expect(byKey.get(idOf(5))).toMatchObject({ kind: 'undeleted', rowWriteTimestamp: us + 501 });
  expect(byKey.get(null)).toMatchObject({ kind: 'unaccounted', partition: 0, code: 'bad-json' });
});

test('takes no dead letter of an earlier topic for one of a record of this topic', async () => {
  await send(...Array.from({ length: 3 }, () => ({ value: '{', partition: 0 })));
  await items.drain();
  await items.items.recreateTopic();
  await send({ ...item(1), ...written(us + 1), partition: 0 });
  const pipeline = await items.items.pipeline({ outOfRange: 'earliest' });
  await pipeline.run(AbortSignal.timeout(60_000), { until: 'end' });
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(1)]);
  await send({ value: '{', partition: 0 });
  await items.admin((admin) =>
    admin.setOffsets(items.items.topic, items.items.topic, [{ partition: 0, offset: 2 }]),
  );
  expect(await items.audit()).toMatchObject({
    letters: 0,
    formerLetters: 3,
    damages: { ...none, missing: 1, unaccounted: 1 },
  });
  expect(await items.audit({ repair: true })).toMatchObject({ repair: { mended: 1, letters: 1 } });
  expect(await items.audit()).toMatchObject({ ok: true, letters: 1, formerLetters: 3, damages: none });
});

test('calls a row stale where the newest update never arrived', async () => {
  await send(...many(3));
  await items.drain();
  await send({ ...item(1, { amount: 5 }), ...written(us + 900) });
  await items.admin(async (admin) => {
    const offsets = await admin.offsets(items.items.topic);
    await admin.setOffsets(
      items.items.topic,
      items.items.topic,
      offsets.map(({ partition, end }) => ({ partition, offset: end })),
    );
  });
  const report = await items.audit();
  expect(report.damages).toEqual({ ...none, stale: 1 });
  expect(report.findings).toMatchObject([
    { key: idOf(1), columns: ['amount'], writeTimestamp: us + 900, rowWriteTimestamp: us + 1 },
  ]);
});

test('finds the same in many passes over a topic with more keys than fit', async () => {
  await send(...many(300), ...many(300));
  await items.drain();
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(10)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'nobody')`, [idOf(900)]);
  const report = await items.audit({ memoryBytes: 64 * 40 });
  expect(report).toMatchObject({ keys: 300, rows: 300, damages: { ...none, missing: 1, orphaned: 1 } });
  expect(report.passes).toBeGreaterThan(7);
  expect(report.passes).toBeLessThan(20);
});

test('lists no more damages than asked for, and counts all', async () => {
  await send(...many(30));
  await items.drain();
  await items.cql('TRUNCATE $');
  const report = await items.audit({ maxFindings: 4 });
  expect(report.damages.missing).toBe(30);
  expect(report.findings).toHaveLength(4);
  expect(report.findings.every(({ key }) => key !== null)).toBe(true);
  expect(report.findingsLeftOut).toBe(26);
});

test('judges a sample of the keys', async () => {
  await send(...many(400));
  await items.drain();
  const share = await items.audit({ sample: { share: 0.25 }, random: () => 0.9 });
  expect(share).toMatchObject({ ok: true, rows: share.keys });
  expect(share.keys).toBeGreaterThan(60);
  expect(share.keys).toBeLessThan(140);
  const number = await items.audit({ sample: { keys: 50 }, random: () => 0.9 });
  expect(number).toMatchObject({ ok: true, rows: number.keys, passes: 1 });
  expect(number.keys).toBeGreaterThan(40);
  expect(number.keys).toBeLessThanOrEqual(50);
});

test('judges by the records since a time, and leaves older rows alone', async () => {
  const since = Date.now() - 60_000;
  const old = many(10).map((record) => ({ ...record, timestamp: since - 60_000 }));
  await send(...old);
  await send(...many(10, 100).map((record) => ({ ...record, timestamp: since + 1_000 })));
  await items.drain();
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(1)]);
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(101)]);
  const report = await items.audit({ since });
  expect(report).toMatchObject({ records: 10, notJudged: 9, damages: { ...none, missing: 1 } });
  expect(report.findings).toMatchObject([{ key: idOf(101) }]);
});

test('says what cannot be judged yet, and that the table is not proven', async () => {
  await send(...many(5));
  await items.drain();
  await send(...many(3, 5));
  expect(await items.audit()).toMatchObject({ ok: false, damages: none, unsettled: 3, records: 5 });
});

test('asks for the right group where the one given has committed nothing', async () => {
  await send(...many(3));
  await expect(items.audit({ settleMs: 0 })).rejects.toMatchObject({ code: 'nothing-settled' });
});

test('does not fail for a row that may have expired', async () => {
  await items.cql('ALTER TABLE $ WITH default_time_to_live = 3600');
  await send(...many(3));
  await items.drain();
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(1)]);
  expect(await items.audit()).toMatchObject({ ok: true, damages: none, unverifiable: { ttl: 1 } });
});

test('takes a row that a record past the settled ones explains for right', async () => {
  await send(...many(5));
  await items.drain();
  const { topic } = items.items;
  const before = await items.admin((admin) => admin.offsets(topic));
  await send({ ...item(1, { amount: 77 }), ...written(us + 900) }, { ...item(9), ...written(us + 900) });
  await items.drain();
  // as if the writer had written and not committed yet
  await items.admin((admin) =>
    admin.setOffsets(
      topic,
      topic,
      before.map(({ partition, end }) => ({ partition, offset: end })),
    ),
  );
  expect(await items.audit()).toMatchObject({
    damages: none,
    unsettled: 2,
    rows: 6,
    notJudged: 1,
  });
});

test('raises no false alarm while records flow', async () => {
  await send(...many(500));
  const pipeline = await items.items.pipeline();
  const stop = new AbortController();
  const running = pipeline.run(stop.signal);
  let round = 1;
  const producing = (async () => {
    while (!stop.signal.aborted) {
      round++;
      const at = Date.now() * 1000;
      await send(
        ...Array.from({ length: 100 }, (_, i) => ({
          ...item((round * 37 + i) % 700, { amount: round }),
          ...written(at + i),
        })),
        { key: idOf(round % 700), value: null, ...written(at + 500) },
      );
    }
  })();
  const reports = [];
  for (let i = 0; i < 4; i++) reports.push(await items.audit({ memoryBytes: i % 2 ? 64 * 250 : 1 << 20 }));
  stop.abort();
  await Promise.all([producing, running]);
  for (const report of reports) expect(report).toMatchObject({ ok: true, damages: none, unsettled: 0 });
  expect(reports.at(-1)?.records).toBeGreaterThan(600);
});

test('repairs what can be repaired, and says what it cannot', async () => {
  await send(...many(20), { key: idOf(5), value: null, ...written(us + 500) });
  await items.drain();
  await send({ ...item(7, { amount: 70 }), ...written(us + 700) }, { key: idOf(40), value: 'not JSON' });
  await items.admin(async (admin) => {
    const offsets = await admin.offsets(items.items.topic);
    await admin.setOffsets(
      items.items.topic,
      items.items.topic,
      offsets.map(({ partition, end }) => ({ partition, offset: end })),
    );
  });
  await items.cql(`DELETE FROM $ USING TIMESTAMP ${us} WHERE id = ?`, [idOf(0)]);
  await items.cql('DELETE FROM $ WHERE id = ?', [idOf(1)]);
  await items.cql(`UPDATE $ USING TIMESTAMP ${us + 100} SET amount = 99 WHERE id = ?`, [idOf(2)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'nobody')`, [idOf(30)]);
  await items.cql(`INSERT INTO $ (id, name) VALUES (?, 'back') USING TIMESTAMP ${us + 501}`, [idOf(5)]);

  const report = await items.audit({ repair: true });
  expect(report).toMatchObject({
    ok: false,
    damages: { missing: 2, stale: 1, altered: 1, orphaned: 1, undeleted: 1, unaccounted: 1 },
    repair: { mended: 5, atNow: 2, letters: 1, notMended: { orphaned: 1 } },
  });
  expect(await items.cql('SELECT amount, writetime(amount) AS at FROM $ WHERE id = ?', [idOf(7)])).toEqual([
    { amount: 70, at: BigInt(us + 700) },
  ]);
  expect(await items.cql('SELECT amount, writetime(amount) AS at FROM $ WHERE id = ?', [idOf(2)])).toEqual([
    { amount: 2, at: BigInt(us + 101) },
  ]);
  expect(await items.cql('SELECT id FROM $ WHERE id = ?', [idOf(5)])).toEqual([]);
  expect((await items.items.letters()).map(({ code, stage }) => [code, stage])).toEqual([
    ['bad-json', 'decode'],
  ]);
  expect(await items.audit()).toMatchObject({ damages: { ...none, orphaned: 1 }, ahead: 3 });
});

test('repairs nothing while a writer runs, or has not settled everything', async () => {
  await send(...many(3));
  await expect(items.audit({ repair: true })).rejects.toMatchObject({
    code: 'not-idle',
    message: expect.stringContaining('lags behind') as string,
  });
  const pipeline = await items.items.pipeline();
  const stop = new AbortController();
  const running = pipeline.run(stop.signal);
  await expect
    .poll(() => items.admin(async (admin) => (await admin.group(items.items.topic)).members), {
      timeout: 20_000,
    })
    .toBe(1);
  await expect(items.audit({ repair: true })).rejects.toThrow(PipelineError);
  stop.abort();
  await running;
});
