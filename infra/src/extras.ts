import { join } from 'node:path';
import {
  readStack,
  startStack,
  stopStack,
  type SparkEndpoint,
  type StackEndpoints,
  type StackOptions,
  type StackService,
  type StackStatus,
} from '@sluice/local-stack';
import { serviceEnvironment } from './migrate.ts';
import { freeOnes } from './free-ports.ts';
import { pythonEnvironment } from './python-project.ts';
import { WORKSPACE } from './workspace.ts';

/** Services that run beside the pipeline's own where they are asked for. */
export const EXTRAS = ['spark', 'airflow'] as const;
export type Extra = (typeof EXTRAS)[number];

const DEFAULT_PORTS: Readonly<Record<Extra, Readonly<Record<string, number>>>> = {
  spark: { 'spark-master': 7077 },
  airflow: { 'airflow-api-server': 8080 },
};

export interface ExtraOptions extends Pick<StackOptions, 'signal' | 'onProgress' | 'javaHome'> {
  /** Folder of the pipeline's own services; an extra has a folder in it. */
  readonly dataDir: string;
  /** Default: 7077 for Spark's master, 8080 for Airflow. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Where the pipeline's services and its source are, for Airflow's tasks. */
  readonly endpoints: StackEndpoints;
  readonly sourceUrl: string;
}

/** An extra that is ready to be used. */
export interface RunningExtra {
  readonly extra: Extra;
  readonly endpoints: StackEndpoints;
  readonly services: readonly StackService[];
  /** Does nothing where it runs in the background. */
  stop(): Promise<void>;
}

/**
 * Brings up extras, each as a stack of its own: it can join services that are up already, and is told where they are.
 * Those that run in the background are joined. In the background, a default port that is taken is an error; else a free
 * one is used, with a word.
 */
export async function startExtras(
  extras: readonly Extra[],
  options: ExtraOptions & { readonly background: boolean },
): Promise<readonly RunningExtra[]> {
  const running: RunningExtra[] = [];
  try {
    // Spark before Airflow, which is told of its master.
    for (const extra of EXTRAS.filter((one) => extras.includes(one))) {
      const spark = running.find((one) => one.extra === 'spark');
      running.push(await startExtra(extra, options, spark?.endpoints.spark));
    }
    return running;
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

export async function stopAll(extras: readonly RunningExtra[]): Promise<void> {
  for (const extra of extras.toReversed()) await extra.stop();
}

/** Stops what runs of the extras in the background, those first that may use others. */
export async function stopExtras(
  dataDir: string,
  options: Pick<StackOptions, 'onProgress'>,
): Promise<readonly StackService[]> {
  const stopped: StackService[] = [];
  for (const extra of EXTRAS.toReversed())
    stopped.push(...(await stopStack(folderOf(extra, dataDir), options)));
  return stopped;
}

/** What is known of the extras that were started. */
export async function readExtras(dataDir: string): Promise<readonly StackStatus[]> {
  const statuses = await Promise.all(EXTRAS.map((extra) => readStack(folderOf(extra, dataDir))));
  return statuses.flatMap((status) => status ?? []);
}

export function isExtra(name: string): name is Extra {
  return EXTRAS.some((extra) => extra === name);
}

/** How to reach an extra, line by line, for people. */
export function addressLines({ spark, airflow }: StackEndpoints): readonly string[] {
  return [
    ...(spark
      ? [
          `Spark:   --master ${spark.master}, web page ${spark.ui}`,
          `         --properties-file ${spark.propertiesFile} has the secret that the master asks for`,
        ]
      : []),
    ...(airflow
      ? [
          `Airflow: ${airflow.url}, user ${airflow.username}, password in ${airflow.passwordFile}`,
          `         command line: AIRFLOW_HOME=${airflow.home} dags/.venv/bin/airflow`,
          '         its DAGs run what is built: npx nx run-many -t build -p producer stream-writer spark-jobs',
        ]
      : []),
  ];
}

function folderOf(extra: Extra, dataDir: string): string {
  return join(dataDir, extra);
}

async function startExtra(
  extra: Extra,
  options: ExtraOptions & { readonly background: boolean },
  spark: SparkEndpoint | undefined,
): Promise<RunningExtra> {
  const { dataDir, ports = DEFAULT_PORTS[extra], background, signal, onProgress, javaHome } = options;
  const folder = folderOf(extra, dataDir);
  const status = await readStack(folder);
  if (status?.background && status.services.every(({ running }) => running))
    return { ...status, extra, stop: () => Promise.resolve() };
  const stack = await startStack({
    services: [extra],
    dataDir: folder,
    ports: background ? ports : await freeOnes(ports, onProgress),
    detached: background,
    ...(extra === 'spark'
      ? { spark: { environment: await pythonEnvironment('spark-jobs', signal) } }
      : { airflow: await airflowSetup(options, spark) }),
    ...(javaHome !== undefined && { javaHome }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return {
    extra,
    endpoints: stack.endpoints,
    services: stack.services,
    stop: () => (background ? Promise.resolve() : stack.stop()),
  };
}

/** Airflow with the DAGs of the workspace, which run against the pipeline's services. */
async function airflowSetup(
  { endpoints, sourceUrl, dataDir, signal }: ExtraOptions,
  spark: SparkEndpoint | undefined,
): Promise<NonNullable<StackOptions['airflow']>> {
  return {
    environment: await pythonEnvironment('dags', signal),
    dagsFolder: join(WORKSPACE, 'dags', 'src'),
    env: {
      ...serviceEnvironment(endpoints),
      SOURCE_URL: sourceUrl,
      CHECKPOINT_LOCATION: join(dataDir, 'airflow-checkpoint'),
      // Drivers listen on this address, and on the machine's own without it.
      SPARK_LOCAL_IP: '127.0.0.1',
      AIRFLOW_CONN_SPARK_DEFAULT: sparkConnection(spark?.master),
      ...(spark && { SLUICE_SPARK_PROPERTIES: spark.propertiesFile }),
    },
  };
}

/** A local Spark where there is no master. */
function sparkConnection(master: string | undefined): string {
  const [, host, port] = /^(.+):(\d+)$/.exec(master ?? '') ?? [];
  return JSON.stringify({
    conn_type: 'spark',
    ...(host ? { host, port: Number(port) } : { host: 'local[2]' }),
  });
}
