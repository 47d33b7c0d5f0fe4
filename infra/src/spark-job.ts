import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type SparkEndpoint, withFixedLocale } from '@sluice/local-stack';
import type { Program } from './app-process.ts';
import { pythonEnvironment, runScript } from './python-project.ts';
import { WORKSPACE } from './workspace.ts';

const PROJECT = join(WORKSPACE, 'spark-jobs');
const SOURCES = join(PROJECT, 'src');
const JARS = join(PROJECT, 'dist', 'jars');

/** The Spark job from its sources, as the stream-writer runs from its own: its Python environment and its jars are fetched where they are missing. */
export interface SparkJob {
  /** The program that writes until it is stopped, on a cluster or else in a local Spark, with `checkpoint` as its folder. */
  writer(options: {
    readonly env: NodeJS.ProcessEnv;
    readonly cluster: SparkEndpoint | undefined;
    readonly checkpoint: string;
  }): Program;
}

/** Default of KAFKA_GROUP_ID in the job. */
export const SPARK_GROUP = 'spark-writer';

export async function prepareSparkJob(signal: AbortSignal): Promise<SparkJob> {
  const environment = await pythonEnvironment('spark-jobs', signal);
  await runScript(join(PROJECT, 'scripts', 'fetch-jars.mjs'), [], signal);
  const bin = join(environment, 'bin');
  return {
    writer: ({ env, cluster, checkpoint }) => ({
      name: 'spark-writer',
      file: join(bin, 'spark-submit'),
      args: [
        ...['--master', cluster?.master ?? 'local[2]', '--driver-memory', '1g', '--jars', jars().join(',')],
        // The master refuses a driver that has not its secret.
        ...(cluster ? ['--properties-file', cluster.propertiesFile] : []),
        // For executors of a standalone worker; a local Spark has it from the environment.
        ...['--conf', `spark.executorEnv.PYTHONPATH=${SOURCES}`],
        join(SOURCES, 'user_records_stream.py'),
      ],
      cwd: WORKSPACE,
      logsToStdout: true,
      env: {
        ...withFixedLocale(withoutOtherPythons(env)),
        // It finds its Spark by the first python3 on the PATH.
        PATH: `${bin}${delimiter}${env.PATH ?? ''}`,
        PYSPARK_PYTHON: join(bin, 'python'),
        PYTHONPATH: SOURCES,
        SPARK_CONF_DIR: join(PROJECT, 'conf'),
        SPARK_LOCAL_IP: '127.0.0.1',
        TRIGGER: env.TRIGGER ?? '1s',
        CHECKPOINT_LOCATION: env.CHECKPOINT_LOCATION ?? checkpoint,
      },
    }),
  };
}

function jars(): readonly string[] {
  const found = existsSync(JARS) ? readdirSync(JARS).filter((file) => file.endsWith('.jar')) : [];
  return found.sort().map((file) => join(JARS, file));
}

function withoutOtherPythons(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SPARK|PYSPARK|PYTHON)/.test(name)));
}
