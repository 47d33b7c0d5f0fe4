// A program that starts the writer as infra does, for a test that kills the parent. Says the writer's pid, then its log.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const writer = spawn(process.execPath, ['--conditions=@sluice/source', main, 'serve'], {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
process.stdout.write(`${String(writer.pid)}\n`);
