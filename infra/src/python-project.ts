import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { WORKSPACE } from './workspace.ts';

/** The virtual environment of a Python project of the workspace, made where it is missing; that is said on stderr. */
export async function pythonEnvironment(
  project: 'spark-jobs' | 'dags',
  signal?: AbortSignal,
): Promise<string> {
  const script = join(WORKSPACE, 'tools', 'python-environment.mjs');
  const python = await runScript(script, [join(WORKSPACE, project)], signal);
  return dirname(dirname(python.trim()));
}

/** Runs a script of the workspace; what it prints. What it says on stderr is for people, its reason to fail included. */
export async function runScript(
  script: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(signal && { signal }),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script} failed with exit code ${code ?? 'none'}, see above`);
  return output;
}
