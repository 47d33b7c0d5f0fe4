import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deadLetterHeaders, lastHeader, type ProducerRecord } from '@sluice/kafka-client';
import { avroEncoder, parseSchema } from '@sluice/record-schema';
import { frameHeader, SchemaRegistry } from '@sluice/schema-registry';
import { userRecordSchema, type UserRecord } from '@sluice/user-schema';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { tcpProxy } from '../tcp-proxy.ts';
import { messages, user, userId } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

const registryUrl = new URL(process.env.SCHEMA_REGISTRY_URL ?? '');

describe('messages in Avro', () => {
  const registry = new SchemaRegistry({ url: registryUrl.href });
  let fixture: WriterFixture;
  let known: number;
  /** Of a schema of the same fields that has an id of its own. */
  let second: number;
  let stranger: number;

  beforeAll(async () => {
    const described = { ...(userRecordSchema.avsc as object), doc: 'The same, in other words.' };
    const order = parseSchema({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] });
    known = await registry.register('writer-tests-user', { avsc: userRecordSchema.avsc });
    second = await registry.register('writer-tests-user', { avsc: described });
    stranger = await registry.register('writer-tests-order', { avsc: order.avsc });
  });
  afterAll(() => registry.close());
  beforeEach(async () => {
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterEach(() => fixture.drop());

  function avro(number: number, id: number, overrides: Partial<UserRecord> = {}): ProducerRecord {
    const encoder = avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(id) });
    return { key: Buffer.from(userId(number)), value: encoder.encode({ ...user(number), ...overrides }) };
  }
  const avros = (count: number, from: number, id: number) =>
    Array.from({ length: count }, (_, i) => avro(from + i, id));

  it('are written beside those in JSON; each fault has its code, and only what is at fault is a dead letter', async () => {
    const right = avro(1, known).value ?? Buffer.of();
    // Latitude 10.25 as 91: the schema of Avro allows it, the rule does not.
    const latitude = (value: number) => Buffer.from(new Float64Array([value]).buffer);
    const beyond = Buffer.from(right);
    latitude(91).copy(beyond, right.indexOf(latitude(user(1).latitude ?? 0)));
    const unknownId = 2_000_000_000;
    const faults = [
      ['bad-avro', right.subarray(0, -3)],
      ['trailing-bytes', Buffer.concat([right, Buffer.of(0)])],
      ['short-frame', right.subarray(0, 4)],
      ['incompatible-schema', Buffer.concat([frameHeader(stranger), Buffer.of(2, 0x37)])],
      ['unknown-schema', Buffer.concat([frameHeader(unknownId), right.subarray(5)])],
      ['latitude:out-of-range', beyond],
    ] as const;
    await fixture.send([
      ...messages(50),
      ...avros(50, 50, known),
      ...avros(50, 100, second),
      ...faults.map(([, value], i) => ({ key: Buffer.from(userId(200 + i)), value })),
    ]);
    const { code, writer } = await fixture.run('drain');
    expect(code, writer.messages).toBe(0);
    expect(await fixture.rowCount()).toBe(150);
    const letters = await fixture.letters();
    expect(letters.map((letter) => letter.code).sort()).toEqual(faults.map(([fault]) => fault).sort());
    const message = (of: string) => {
      const headers = letters.find(({ code }) => code === of)?.record.headers ?? [];
      return String(lastHeader(headers, deadLetterHeaders.errorMessage));
    };
    expect(message('unknown-schema')).toContain(`(schema ${unknownId}: schema-not-found)`);
    expect(message('incompatible-schema')).toContain(
      `(schema ${stranger}: it was written as Order and cannot`,
    );
    const row = (number: number) =>
      fixture.rows('*').then((rows) => rows.find(({ uuid }) => uuid === userId(number)));
    expect(await row(60)).toMatchObject(user(60));
    expect(await row(110)).toMatchObject(user(110));
  });

  it('wait while the registry is away at the start, and those in JSON do not', async () => {
    const proxy = await tcpProxy(registryUrl.hostname, Number(registryUrl.port));
    await proxy.cut();
    await fixture.send([...messages(20), ...avros(20, 20, known)]);
    const writer = fixture.start('serve', { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${proxy.port}` });
    await writer.until(async () => expect(await fixture.rowCount()).toBe(20));
    await writer.until(async () =>
      expect(await writer.readiness()).toEqual({
        status: 503,
        reasons: [expect.stringContaining('unreachable')],
      }),
    );
    await proxy.restore();
    onTestFinished(() => proxy.cut());
    await writer.until(async () => expect(await fixture.rowCount()).toBe(40));
    expect(await writer.readiness()).toEqual({ status: 200, reasons: [] });
    expect(await fixture.letters()).toEqual([]);
  });

  it('of a schema that was looked up go on while the registry hangs, and the others wait for it', async () => {
    const proxy = await tcpProxy(registryUrl.hostname, Number(registryUrl.port));
    const writer = fixture.start('serve', { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${proxy.port}` });
    await fixture.send(avros(20, 0, known));
    await writer.until(async () => expect(await fixture.rowCount()).toBe(20));

    proxy.swallow();
    await fixture.send([...avros(20, 20, second), ...avros(20, 40, known)]);
    await writer.until(async () => expect(await fixture.rowCount()).toBe(40));
    await writer.until(async () =>
      expect((await writer.readiness()).reasons).toEqual([expect.stringContaining('timeout')]),
    );
    await proxy.cut();
    await proxy.restore();
    onTestFinished(() => proxy.cut());
    await writer.until(async () => expect(await fixture.rowCount()).toBe(60));
    expect(writer.log.filter(({ msg }) => msg.includes('partitions assigned'))).toHaveLength(1);
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
    expect(await fixture.totalLag()).toBe(0);
    expect(await fixture.letters()).toEqual([]);
  });

  it.each<readonly [string, RequestListener]>([
    ['HTML', (_, response) => response.setHeader('content-type', 'text/html').end('<html>Sign in</html>')],
    ['500', (_, response) => response.writeHead(500).end('{"error_code":50001,"message":"store"}')],
    ['nothing', (request) => request.socket.destroy()],
  ])('wait where the registry answers %s, and become no dead letters', async (_, answer) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    await fixture.send([...avros(5, 0, known), ...messages(5, 5)]);
    const writer = fixture.start('serve', { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` });
    await writer.until(async () => expect(await fixture.rowCount()).toBe(5));
    await writer.until(async () => expect((await writer.readiness()).reasons).toHaveLength(1));
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
    expect(await fixture.totalLag()).toBeGreaterThan(4);
    expect(await fixture.letters()).toEqual([]);

    const drain = await fixture.run('drain');
    expect(drain.code, drain.writer.messages).toBe(0);
    expect(await fixture.rowCount()).toBe(10);
  });
});
