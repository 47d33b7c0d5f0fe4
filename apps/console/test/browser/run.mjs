// npx nx run console:browser: the walks in a browser. The last line is "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { forgetResults, readResults } from '../../../../tools/test-results.mjs';

const folder = import.meta.dirname;
const options = process.argv.slice(2);
if (options.includes('--help')) {
  console.log(
    'usage: npx nx run console:browser [-- --update-screenshots] [--gallery]\n\n' +
      'Walks through every page of the console in Chromium, on real services and a running pipeline.\n' +
      'Chromium is the one on the PATH, or what CHROMIUM_PATH names.\n\n' +
      '  --update-screenshots  make the pictures of docs/console.md anew\n' +
      '  --gallery             make pictures of every page and state in all sizes and both themes, to be looked at,\n' +
      '                        in apps/console/test/browser/test-results/gallery',
  );
  process.exit(0);
}
const pictures = { '--update-screenshots': 'documentation', '--gallery': 'gallery' };
const wanted = options.filter((option) => option in pictures).map((option) => pictures[option]);
forgetResults(folder);
spawnSync('vitest', ['run', '--config', 'vitest.config.ts'], {
  cwd: folder,
  env: { ...process.env, SCREENSHOTS: wanted.join() },
  stdio: 'inherit',
});
const { passed, failed, faults } = readResults(folder);
for (const { where } of faults) console.log(`FAIL console in the browser: ${where}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
