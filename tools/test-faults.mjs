// npm run test:faults: breaks real services and our apps on purpose (faults/src/main.ts). The last line is "N passed, N failed".
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, environment, root } from './workspace.mjs';

if (!process.argv.includes('--help')) ensureInstalled();
const child = spawn(
  'node',
  ['--conditions=@sluice/source', join(root, 'faults', 'src', 'main.ts'), ...process.argv.slice(2)],
  { cwd: root, env: environment, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`npm run test:faults: ${error.message}; run npm ci and start again`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));
