import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConsoleFixture } from '../console-fixture.ts';

let fixture: ConsoleFixture;
let port: number;
beforeAll(async () => {
  fixture = await ConsoleFixture.create({}, { headMs: 300, requestMs: 600, count: 5 });
  await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = fixture.app.server.address() as AddressInfo);
});
afterAll(() => fixture.drop({ migrated: false }));

const head =
  'POST /api/session HTTP/1.1\r\nHost: localhost\r\nX-Sluice-Console: 1\r\nContent-Type: application/json\r\n';

async function open(text: string): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  // a reset ends it as well, and may take the answer with it
  socket.on('error', () => undefined);
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await once(socket, 'connect');
  socket.write(text);
  return { socket, answer };
}

test.each([
  ['says nothing', ''],
  ['ends no head', head],
  ['ends no body', `${head}Content-Length: 50\r\n\r\n{"token":`],
])('a client that %s is disconnected', { timeout: 20_000 }, async (_, text) => {
  const { answer } = await open(text);
  expect(await answer).toMatch(/^(HTTP\/1.1 408 |$)/);
});

test('a body that drips has the same time as one that stops', { timeout: 20_000 }, async () => {
  const { socket, answer } = await open(`${head}Content-Length: 5000\r\n\r\n{"token":"`);
  const drip = setInterval(() => socket.write('x'), 50);
  expect(await answer).toMatch(/^(HTTP\/1.1 408 |$)/);
  clearInterval(drip);
});

test(
  'connections are bounded, and there is room again once they have ended',
  { timeout: 20_000 },
  async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => open('')));
    const isServed = () =>
      fetch(`http://127.0.0.1:${port}/health/live`, { headers: { connection: 'close' } }).then(
        ({ ok }) => ok,
        () => false,
      );
    expect(await isServed()).toBe(false);
    await Promise.all(clients.map(({ answer }) => answer));
    expect(await isServed()).toBe(true);
  },
);
