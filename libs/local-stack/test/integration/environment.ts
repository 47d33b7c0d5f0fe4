import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WORKSPACE = fileURLToPath(new URL('../../../..', import.meta.url));

/** The virtual environment of a Python project of the workspace, made where that is needed. */
export async function environmentOf(project: 'spark-jobs' | 'dags'): Promise<string> {
  const script = join(WORKSPACE, 'tools', 'python-environment.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, join(WORKSPACE, project)]);
  return dirname(dirname(stdout.trim()));
}
