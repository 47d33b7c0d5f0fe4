// npm start: installs what is missing, then runs the whole pipeline (infra/src/start.ts) with the project's own Node.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, environment, root } from './workspace.mjs';

if (!process.argv.includes('--help')) ensureInstalled();
const child = spawn(
  'node',
  ['--conditions=@sluice/source', join(root, 'infra', 'src', 'start.ts'), ...process.argv.slice(2)],
  // The channel lets the child see us end, even when we are killed.
  { cwd: root, env: environment, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] },
);
// A signal may be for this process alone; a Ctrl-C that reaches the child by itself as well counts once there.
process.on('SIGINT', () => child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`npm start: ${error.message}; run npm ci and start again`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));
