import { Airflow } from '../airflow.ts';
import { fetchMetrics, type Samples, sumOf } from '../app-metrics.ts';
import { readiness } from '../app-health.ts';
import type { Jobs } from '../contract/jobs.ts';
import type { Handlers } from '../handlers.ts';
import { ConsoleError, toConsoleError } from '../problem.ts';
import type { Services } from '../services.ts';

const timeoutMs = 2_000;

export function jobRoutes({ config }: Services): Handlers<'GET /api/jobs' | 'POST /api/jobs/:dag/trigger'> {
  const { AIRFLOW_URL: url, AIRFLOW_USERNAME: username, AIRFLOW_PASSWORD: password } = config;
  const airflow = url === undefined ? undefined : new Airflow({ url, username, password });

  const lookAtAirflow = async (): Promise<Jobs['airflow']> => {
    const found = { configured: airflow !== undefined, url: url ?? null, problem: null, dags: [] };
    try {
      return { ...found, dags: (await airflow?.dags()) ?? [] };
    } catch (error) {
      return { ...found, problem: toConsoleError(error).problem };
    }
  };

  const lookAtSpark = async (): Promise<Jobs['spark']> => {
    const spark = config.SPARK_METRICS_URL;
    const found = { configured: spark !== undefined, problem: null, metrics: [], ready: null, reasons: [] };
    if (spark === undefined) return found;
    try {
      const [samples, health] = await Promise.all([
        fetchMetrics(spark, timeoutMs),
        readiness(spark, timeoutMs),
      ]);
      return { ...found, metrics: figuresOf(samples), ...health };
    } catch {
      const problem = {
        code: 'spark-away',
        message: `the Spark job at ${spark} does not answer`,
        action: 'It answers while it runs: start it, or set SPARK_METRICS_URL.',
      };
      return { ...found, problem };
    }
  };

  return {
    'GET /api/jobs': async () => {
      const [airflowJobs, spark] = await Promise.all([lookAtAirflow(), lookAtSpark()]);
      return { airflow: airflowJobs, spark };
    },
    'POST /api/jobs/:dag/trigger': ({ params: { dag }, body: { params = {} } }, { record }) =>
      record('dag-trigger', { dag, params: Object.keys(params).join(',') }, async () => {
        if (airflow) return airflow.trigger(dag, params);
        throw new ConsoleError('Airflow is not configured', {
          status: 503,
          code: 'no-airflow',
          action: 'Set AIRFLOW_URL and start the console again.',
        });
      }),
  };
}

/** Sums over labels of the job's own figures; of histograms their sums and counts. */
function figuresOf(samples: Samples): Jobs['spark']['metrics'] {
  return [...samples.keys()]
    .filter((name) => name.startsWith('sluice_') && !name.endsWith('_bucket'))
    .map((name) => ({ name, help: '', value: sumOf(samples, name) ?? 0 }));
}
