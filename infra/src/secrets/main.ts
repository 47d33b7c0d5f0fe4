import { join } from 'node:path';
import { Command } from 'commander';
import { runProgram } from '@sluice/app-runtime';
import { WORKSPACE } from '../workspace.ts';
import { makeSecrets } from './make-secrets.ts';

const FOLDER = join(WORKSPACE, 'infra', 'secrets');

const program = new Command('infra:secrets')
  .description(
    `Makes the passwords and certificates of infra/compose.yaml, in ${FOLDER}, which Git ignores.\n` +
      'What is there and valid stays.',
  )
  .option(
    '--fresh',
    'make all of them anew; then start the services again, with new volumes for PostgreSQL and Cassandra',
  )
  .action(async ({ fresh = false }: { fresh?: boolean }) => {
    const { made, kept } = await makeSecrets(FOLDER, { fresh });
    process.stdout.write(`${made.length} files written, ${kept} kept, in ${FOLDER}\n`);
  });

process.exitCode = await runProgram(program, process.argv, process.env);
