import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StackEndpoints } from '@sluice/local-stack';
import { type AppProcess, appProgram, type Program } from './app-process.ts';
import { WORKSPACE } from './workspace.ts';

const folder = join(WORKSPACE, 'apps', 'console');

export interface ConsoleOptions {
  /** The environment of the apps. */
  readonly env: NodeJS.ProcessEnv;
  /** Where its tokens and its history are kept. */
  readonly stateDir: string;
  /** Metrics of the producer, of the stream-writer and of the Spark job: those that run. */
  readonly producer: string;
  readonly writer?: string;
  readonly sparkJob?: string;
  readonly airflow: StackEndpoints['airflow'];
}

/** The console on what runs there. Its page has to be built. */
export function consoleProgram(options: ConsoleOptions): Program {
  const { env, stateDir, producer, writer = '', sparkJob, airflow } = options;
  return appProgram('console', ['serve', '--json'], {
    ...env,
    CONSOLE_STATE_DIR: stateDir,
    PRODUCER_URLS: producer,
    WRITER_URLS: writer,
    ...(sparkJob !== undefined && { SPARK_METRICS_URL: sparkJob }),
    ...(airflow && {
      AIRFLOW_URL: airflow.url,
      AIRFLOW_USERNAME: airflow.runner,
      AIRFLOW_PASSWORD: airflowPassword(airflow),
    }),
  });
}

/** Airflow keeps the passwords of all its users in one file, as JSON. */
function airflowPassword({ runner, passwordFile }: NonNullable<StackEndpoints['airflow']>): string {
  const passwords = passwordsIn(passwordFile);
  const password = passwords[runner];
  if (password === undefined) {
    const names = Object.keys(passwords).join(', ') || 'nobody';
    throw new Error(`${passwordFile} has no password of Airflow's user ${runner}, but of ${names}`);
  }
  return password;
}

function passwordsIn(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON: delete it, and Airflow's next start makes it again`, {
      cause,
    });
  }
}

/** Where the console is served, once it is; undefined where it was stopped before. */
export async function consoleUrl(app: AppProcess, signal: AbortSignal): Promise<string | undefined> {
  const line = await app.firstLine;
  if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
  if (signal.aborted) return undefined;
  throw new Error(`the console has ended; its log, ${app.logFile}, ends with\n${app.lastWords}`);
}

/** Builds the console's page where it is missing or older than its sources. */
export async function buildPage(signal: AbortSignal): Promise<void> {
  const built = join(folder, 'dist', 'page', 'index.html');
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(folder, 'page'))) return;
  const vite = createRequire(join(folder, 'package.json')).resolve('vite/package.json');
  const build = [join(dirname(vite), 'bin', 'vite.js'), 'build', 'page', '--config', 'page/vite.config.ts'];
  try {
    await promisify(execFile)(process.execPath, [...build, '--logLevel', 'error'], { cwd: folder, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** When the youngest file of a folder was changed. */
function newest(of: string): number {
  const files = readdirSync(of, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
