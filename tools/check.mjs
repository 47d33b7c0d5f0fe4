// npm run check: format, hashes of what is installed, lint and boundaries, types, the schema against its released versions, unused code, builds and
// package lint; the same here and in CI.
import { ensureInstalled, run, step } from './workspace.mjs';

if (process.argv.includes('--help')) {
  console.log(
    'usage: npm run check\n\nFormat, hashes of what is installed, lint, module boundaries, types, the schema against its released versions, unused exports and\ndependencies, build and package lint.',
  );
  process.exit(0);
}

ensureInstalled();
const failed = [];
for (const [name, command] of [
  ['format', ['prettier', '--check', '--log-level=warn', '.']],
  ['supply chain', ['node', 'tools/check-supply-chain.mjs']],
  ['types', ['tsc', '-b']],
  ['schema', ['nx', 'run', 'user-schema:compat', '--output-style=stream-without-prefixes']],
  // in one process, which reads each file once; after Nx has drawn the graph that the module boundaries are checked by
  ['lint', ['eslint', '.']],
  [
    'lint of Python',
    ['nx', 'run-many', '-t', 'lint', '-p', 'spark-jobs,dags', '--output-style=stream-without-prefixes'],
  ],
  ['unused', ['knip', '--no-progress']],
  [
    'build and package lint',
    ['nx', 'run-many', '-t', 'build', 'package-lint', '--output-style=stream-without-prefixes'],
  ],
]) {
  if (!step(name, () => run(command))) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exit(1);
}
console.log('check passed');
