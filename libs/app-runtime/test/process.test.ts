import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const inline = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval'];

/** Prints once its stdin has ended, and does something after it, as a command that closes its connections. */
const program = `
  import { Command } from 'commander';
  import { runProgram } from './src/run-program.ts';
  const program = new Command('thing');
  program.command('go').action(async () => {
    for (let line = 0; line < 100; line++) process.stdout.write('a line\\n'.repeat(1_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.stdout.write('the end\\n');
    process.exitCode = 3;
  });
  for await (const _ of process.stdin);
  process.exit(await runProgram(program, process.argv, process.env));`;

it.each([
  ['a command', ['go'], 3],
  ['--help', ['--help'], 0],
])('%s ends with its own exit code and without a word where nobody reads stdout', async (_, args, code) => {
  const child = spawn(process.execPath, [...inline, program, '--', 'thing', ...args], { cwd });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.stdout.destroy();
  child.stdin.end();
  expect(await once(child, 'close')).toEqual([code, null]);
  expect(complaint).toBe('');
});

it('a command ends with its own exit code where nobody reads stderr', async () => {
  const child = spawn(process.execPath, [...inline, program, '--', 'thing', 'wrong'], { cwd });
  child.stderr.destroy();
  child.stdin.end();
  expect(await once(child, 'close')).toEqual([78, null]);
});

it('a program reaches this machine without the proxy of the environment, and leaves the rest to it', async () => {
  const service = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  const asking = `
    import { Command } from 'commander';
    import { runProgram } from './src/run-program.ts';
    const ask = (url) => fetch(url).then((answer) => answer.text(), ({ cause }) => cause.code);
    const program = new Command('thing').action(async () => {
      const asked = ['http://127.0.0.1:${port}', 'http://sluice.invalid'].map(ask);
      console.log(JSON.stringify([...(await Promise.all(asked)), process.env.NO_PROXY]));
    });
    process.exit(await runProgram(program, process.argv, process.env));`;
  const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'other.example', NODE_USE_ENV_PROXY: '1' };
  const env = { PATH: process.env.PATH, ...proxy };
  const { stdout } = await promisify(execFile)(process.execPath, [...inline, asking], { cwd, env });
  service.close();
  expect(JSON.parse(stdout)).toEqual(['here', 'ECONNREFUSED', 'other.example,localhost,127.0.0.1,::1,[::1]']);
});

it('requireNode ends a process under an old Node with one line', async () => {
  const old = `import { requireNode } from '@sluice/app-runtime/node-version';
    Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
    requireNode((code) => process.exit(code));
    throw new Error('it went on');`;
  const child = execFile(process.execPath, [...inline, old], { cwd });
  let complaint = '';
  child.stderr?.on('data', (chunk: string) => (complaint += chunk));
  expect(await once(child, 'close')).toEqual([78, null]);
  expect(complaint).toBe('Node 22.15 or newer is needed; this is 20.20.2. Install a newer one.\n');
});
