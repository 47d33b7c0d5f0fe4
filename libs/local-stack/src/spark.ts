import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { answerOf } from './answer-of.ts';
import { installedPackage } from './python-environment.ts';
import { LOCALHOST } from './ports.ts';
import type { NodeDefinition, ServiceCommand, ServiceContext } from './service.ts';
import { writeSparkProperties } from './spark-properties.ts';

/** How Spark is set up: a standalone master with one worker. */
export interface SparkSetup {
  /** Folder of a Python virtual environment with pyspark; its Python runs the executors' Python code, too. */
  readonly environment: string;
  /** Cores that the worker offers to applications. Default 2. */
  readonly cores?: number;
  /** Memory that the worker offers to applications, in MiB. Default 2048. */
  readonly memoryMiB?: number;
}

export const SPARK_MASTER = 'spark-master';
const SPARK_WORKER = 'spark-worker';

/** The master and its worker, each as the plain process that Spark's own scripts start. */
export function sparkNodes(setup?: SparkSetup): readonly NodeDefinition[] {
  const { version, python, sitePackages } = installedPackage(setup?.environment, {
    service: 'spark',
    name: 'pyspark',
  });
  const { cores = 2, memoryMiB = 2048 } = setup ?? {};
  const home = join(sitePackages, 'pyspark');
  // All are known once the master is prepared, and the worker starts after it.
  let masterUrl = '';
  let ui = '';
  let propertiesFile = '';
  const daemon = async (context: ServiceContext, main: string, args: string[]): Promise<ServiceCommand> => {
    const file = await context.java({ service: `Spark ${version}`, from: 17, before: 24 });
    const tmp = join(context.dataDir, 'tmp');
    await mkdir(tmp, { recursive: true });
    return {
      file,
      args: [
        ...[...JVM, `-Djava.io.tmpdir=${tmp}`, '-cp', join(home, 'jars', '*'), main],
        ...['--properties-file', propertiesFile, ...args],
      ],
      env: (inherited) => ({
        ...withoutSpark(inherited),
        SPARK_HOME: home,
        // Spark's scripts set it; without it the worker looks for a source tree when it starts an executor.
        SPARK_SCALA_VERSION: '2.13',
        // The web pages listen on this address, and on all without it.
        SPARK_LOCAL_IP: LOCALHOST,
        SPARK_LOCAL_DIRS: tmp,
        PYSPARK_PYTHON: python,
      }),
    };
  };
  return [
    {
      name: SPARK_MASTER,
      version,
      async prepare(context) {
        const uiPort = await context.freePort();
        masterUrl = `spark://${LOCALHOST}:${context.port}`;
        ui = `http://${LOCALHOST}:${uiPort}`;
        propertiesFile = await writeSparkProperties(context.dataDir);
        const args = ['--host', LOCALHOST, '--port', String(context.port), '--webui-port', String(uiPort)];
        const command = await daemon(context, 'org.apache.spark.deploy.master.Master', args);
        return { ...command, details: { ui, propertiesFile } };
      },
      async probe(_port, signal) {
        const { status } = await masterState(ui, signal);
        if (status !== 'ALIVE') throw new Error(`the master is ${status}`);
      },
    },
    {
      name: SPARK_WORKER,
      version,
      after: [SPARK_MASTER],
      prepare(context) {
        const args = [
          ...['--host', LOCALHOST, '--webui-port', String(context.port)],
          ...['--cores', String(cores), '--memory', `${memoryMiB}m`],
          ...['--work-dir', join(context.dataDir, 'work'), masterUrl],
        ];
        return daemon(context, 'org.apache.spark.deploy.worker.Worker', args);
      },
      async probe(port, signal, startedAt) {
        const { workers } = await masterState(ui, signal);
        const alive = workers.some(
          ({ state, webuiaddress, lastheartbeat }) =>
            state === 'ALIVE' && webuiaddress.endsWith(`:${port}`) && lastheartbeat >= startedAt,
        );
        if (!alive) throw new Error('the master does not know of the worker');
      },
    },
  ];
}

/** Few requests reach these two; the work is done by executors, whose memory applications ask for. */
const JVM = [
  '-Xmx256m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Dspark.worker.cleanup.enabled=true',
  ...['java.lang', 'java.lang.invoke', 'java.nio', 'java.util', 'java.util.concurrent', 'sun.nio.ch'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
];

/** What the user's shell says is for other Sparks: of it, SPARK_MASTER_WEBUI_PORT and the like replace arguments. */
function withoutSpark(inherited: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !/^(PY)?SPARK_|^PYTHON/.test(name)));
}

interface MasterState {
  readonly status: string;
  readonly workers: readonly {
    readonly state: string;
    readonly webuiaddress: string;
    /** In ms. */
    readonly lastheartbeat: number;
  }[];
}

/** https://spark.apache.org/docs/latest/spark-standalone.html#monitoring-and-logging */
async function masterState(ui: string, signal: AbortSignal): Promise<MasterState> {
  return (await answerOf(`${ui}/json/`, signal)) as MasterState;
}
