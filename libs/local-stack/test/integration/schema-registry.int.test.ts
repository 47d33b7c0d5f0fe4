import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { identify } from '../../src/process-identity.ts';
import { startStack, type Stack } from '../../src/index.ts';

/** One request to the Confluent API of the stack's registry: its JSON answer. */
async function ask(stack: Stack, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${stack.endpoints.schemaRegistry!.url}/apis/ccompat/v7${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

test('schemas keep their ids and subjects over a stop, and from the moment they are acknowledged over a kill', async () => {
  // A locale by which upper case is other, and one that is not UTF-8: neither is the server's.
  vi.stubEnv('LC_ALL', 'C');
  vi.stubEnv('JAVA_TOOL_OPTIONS', '-Duser.language=tr -Duser.country=TR');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice local-stack ğ Ünïcode '));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const start = async () => {
    const stack = await startStack({ services: ['schema-registry'], dataDir });
    onTestFinished(() => stack.stop());
    return stack;
  };
  const register = (stack: Stack, subject: string, schema: string) =>
    ask(stack, `/subjects/${subject}/versions`, { schema: JSON.stringify(schema) });
  const schemaOf = (stack: Stack, { id }: { id: number }) => ask(stack, `/schemas/ids/${id}`);

  const first = await start();
  const text = (await register(first, 'text-value', 'string')) as { id: number };
  await first.stop();

  const second = await start();
  const number = (await register(second, 'number-value', 'long')) as { id: number };
  const { pid } = second.services[0]!;
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => identify(pid) === undefined);
  await second.stop();

  const third = await start();
  expect(await ask(third, '/subjects')).toEqual(['text-value', 'number-value']);
  expect(await schemaOf(third, text)).toMatchObject({ schema: '"string"' });
  expect(await schemaOf(third, number)).toMatchObject({ schema: '"long"' });
  const other = (await register(third, 'other-value', 'double')) as { id: number };
  expect(new Set([text.id, number.id, other.id]).size).toBe(3);
}, 120_000);
