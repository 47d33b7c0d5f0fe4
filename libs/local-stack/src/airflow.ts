import { delimiter, join } from 'node:path';
import { answerOf } from './answer-of.ts';
import { writeConfiguration, type AirflowConfiguration } from './airflow-configuration.ts';
import { readIfThere, replaceWhole } from './lock.ts';
import { installedPackage } from './python-environment.ts';
import { LOCALHOST } from './ports.ts';
import { postgres, type PostgresDatabase } from './postgres.ts';
import type { NodeDefinition, ServiceCommand, ServiceContext } from './service.ts';

/** How Airflow is set up. */
export interface AirflowSetup {
  /** Folder of a Python virtual environment with apache-airflow and psycopg2. */
  readonly environment: string;
  /** Folder of the DAGs. It is on the Python path of the DAGs. */
  readonly dagsFolder: string;
  /**
   * Variables of the environment for Airflow and its tasks, beside the inherited ones: AIRFLOW_CONN_*, AIRFLOW_VAR_*,
   * settings as AIRFLOW__SECTION__KEY, and what the tasks need. Inherited ones that begin with AIRFLOW are not passed
   * on: they belong to another Airflow.
   */
  readonly env?: Readonly<Record<string, string>>;
}

export const AIRFLOW_API = 'airflow-api-server';
const DATABASE = 'airflow-postgres';
export const ADMIN = 'admin';
export const RUNNER = 'runner';

/**
 * Airflow with its local executor: the database, and the three processes that a deployment has at least. They share
 * the API server's port, since that is where one hears how they are.
 */
export function airflowNodes(setup?: AirflowSetup): readonly NodeDefinition[] {
  const { version, python, bin } = installedPackage(setup?.environment, {
    service: 'airflow',
    name: 'apache-airflow',
  });
  const { dagsFolder = '', env = {} } = setup ?? {};
  let database: PostgresDatabase = { address: '', folder: '' };
  let configured: Promise<AirflowConfiguration> | undefined;

  const command = (home: string, ...args: string[]): ServiceCommand => ({
    file: python,
    args: ['-m', 'airflow', ...args],
    env: (inherited) => ({
      ...withoutAirflow(inherited),
      PATH: `${bin}${delimiter}${inherited.PATH ?? ''}`,
      ...env,
      AIRFLOW_HOME: home,
    }),
  });
  const configure = async (context: ServiceContext): Promise<AirflowConfiguration> => {
    const configuration = await writeConfiguration(context, {
      admin: ADMIN,
      runner: RUNNER,
      database,
      dagsFolder,
    });
    // Airflow needs 15 s to find that nothing is to be done.
    const mark = join(database.folder, 'airflow-version');
    if ((await readIfThere(mark)) !== version) {
      await context.run(command(configuration.home, 'db', 'migrate'));
      await replaceWhole(mark, version);
    }
    return configuration;
  };
  const component = (
    name: string,
    args: (port: number) => readonly string[],
    isReady: (health: Health, startedAt: number) => boolean,
  ): NodeDefinition => ({
    name,
    version,
    after: [DATABASE],
    ...(name !== AIRFLOW_API && { samePortAs: AIRFLOW_API }),
    async prepare(context) {
      const { home, passwordFile } = await (configured ??= configure(context));
      return { ...command(home, ...args(context.port)), details: { home, passwordFile } };
    },
    async probe(port, signal, startedAt) {
      if (!isReady(await healthOf(port, signal), startedAt)) throw new Error(`${name} is not healthy yet`);
    },
  });

  return [
    postgres({ name: DATABASE, python, onPrepared: (prepared) => (database = prepared) }),
    component(
      AIRFLOW_API,
      (port) => ['api-server', '--host', LOCALHOST, '--port', String(port), '--workers', '1'],
      ({ metadatabase }) => metadatabase.status === 'healthy',
    ),
    component(
      'airflow-scheduler',
      // It serves logs on all interfaces otherwise; they are in a folder that the API server reads.
      () => ['scheduler', '--skip-serve-logs'],
      ({ scheduler }, startedAt) => isAlive(scheduler, scheduler.latest_scheduler_heartbeat, startedAt),
    ),
    component(
      'airflow-dag-processor',
      () => ['dag-processor'],
      ({ dag_processor: processor }, startedAt) =>
        isAlive(processor, processor.latest_dag_processor_heartbeat, startedAt),
    ),
  ];
}

function withoutAirflow(inherited: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !/^(AIRFLOW|PYTHON)/.test(name)));
}

interface Status {
  readonly status: string | null;
}

/** What the API server knows of the others by their heartbeats, as ISO 8601. */
interface Health {
  readonly metadatabase: Status;
  readonly scheduler: Status & { readonly latest_scheduler_heartbeat: string | null };
  readonly dag_processor: Status & { readonly latest_dag_processor_heartbeat: string | null };
}

/** A heartbeat of the process that has been started, not of one before it. */
function isAlive({ status }: Status, heartbeat: string | null, startedAt: number): boolean {
  return status === 'healthy' && heartbeat !== null && Date.parse(heartbeat) >= startedAt;
}

/** https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/check-health.html */
async function healthOf(port: number, signal: AbortSignal): Promise<Health> {
  return (await answerOf(`http://${LOCALHOST}:${port}/api/v2/monitor/health`, signal)) as Health;
}
