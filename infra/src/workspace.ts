import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '@sluice/local-stack';

/** The folder of the whole workspace. */
export const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url));

/** Data, logs and state of the services that people work with; tests have temporary folders. */
export const STACK_DIR = join(WORKSPACE, '.stack');

/** How an app of the workspace runs from its sources, under the Node that runs this. */
export function appCommand(app: string, ...args: string[]): Command {
  return {
    file: process.execPath,
    args: ['--conditions=@sluice/source', join(WORKSPACE, 'apps', app, 'src', 'main.ts'), ...args],
    cwd: WORKSPACE,
  };
}
