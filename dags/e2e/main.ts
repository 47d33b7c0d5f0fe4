// npx nx run dags:e2e: both DAGs in a real Airflow, over real services, also while Cassandra is down. The last line is
// "N passed, N failed".
import { Airflow, type RunOutcome } from './airflow.ts';
import { until } from './until.ts';
import { python, World } from './world.ts';

const interrupted = new AbortController();
const world = new World();
const outcomes: (RunOutcome & { readonly what: string })[] = [];
let passed = 0;
let failed = 0;
const started = performance.now();

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted.abort();
    void world.stop().finally(() => process.exit(130));
  });

try {
  await world.start((line) => {
    console.error(line);
  }, interrupted.signal);
  const airflow = await Airflow.connect(world.airflow, world.administrator, python);
  await run(airflow);
} catch (error) {
  failed += 1;
  console.log(`FAIL ${(error as Error).message}`);
} finally {
  await world.stop();
}
console.log(table());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function run(airflow: Airflow): Promise<void> {
  for (const dag of ['ingest_users', 'stream_users']) await airflow.unpause(dag);
  check('every DAG is valid', await airflow.importErrors(), []);
  check('a count of 0 is refused', (await airflow.trigger('ingest_users', { count: 0 })).status, 400);

  const early = await byRest(airflow, 'stream_users', 'before migrate');
  check('without topics and table the run fails at once', triesOf(early), 'preflight failed 1');
  check(
    'and says how to fix it',
    failures(early)[0]?.error?.includes('npx nx run stream-writer:migrate'),
    true,
  );
  await world.migrate();

  const publish = await byRest(airflow, 'ingest_users', 'by REST', { count: 300 });
  check('ingest_users, by REST, succeeds', publish.state, 'success');
  const stream = await byRest(airflow, 'stream_users', 'by REST');
  check('stream_users, by REST, succeeds', stream.state, 'success');
  check('300 users have rows', await world.compare(), { keys: 300, missing: 0 });
  check('the job ran on the cluster', await world.applications(), 1);

  await byConsole(airflow);
  const again = await byCommand(airflow, 'ingest_users', 'by command', { count: 200 });
  check('ingest_users, by command, succeeds', again.state, 'success');
  await outage(airflow);
  check('alerts of failures are of the two failed runs alone', world.alerts.filter(isFailure).length, 2);
  const late = await until('a run past its deadline is alerted', () =>
    world.alerts.find(({ event }) => event === 'deadline-missed'),
  );
  check('a run past its deadline is named', late.dag, 'stream_users');
}

/** The console's page of jobs has a button for it. */
async function byConsole(airflow: Airflow): Promise<void> {
  const page = await world.startConsole();
  const { said } = await page.trigger('ingest_users', { count: 0 });
  check(
    'the console says why Airflow refuses a run',
    said,
    'Airflow refuses the params: Invalid input for param count: 0 is less than the minimum of 1',
  );
  const { run = '' } = await page.trigger('ingest_users', { count: 100 });
  const outcome = await note(airflow, 'ingest_users', run, 'by the console');
  check('ingest_users, by the console, succeeds', outcome.state, 'success');
  check('and it shows the run', await page.stateOf('ingest_users', run), 'success');
  await page.stop();
}

/** Cassandra dies once the preflight has passed: the job itself fails, not what looks before it. */
async function outage(airflow: Airflow): Promise<void> {
  const { run } = await airflow.trigger('stream_users');
  if (run === undefined) throw new Error('stream_users was not started');
  await airflow.reached('stream_users', run, { task: 'preflight', state: 'success' });
  await world.services.kill('cassandra');
  const down = await note(airflow, 'stream_users', run, 'Cassandra is down');
  check('without Cassandra the job is tried twice and fails', triesOf(down), 'stream failed 2');
  const alerts = failures(down);
  check('and that is alerted once', alerts.length, 1);
  check('with the task that failed', alerts[0]?.task, 'stream');

  await world.services.restart('cassandra');
  const recovered = await byCommand(airflow, 'stream_users', 'by command, after it');
  check('stream_users, by command, recovers', recovered.state, 'success');
  check('600 users have rows: nothing is lost', await world.compare(), { keys: 600, missing: 0 });
}

async function byRest(airflow: Airflow, dag: string, what: string, conf = {}): Promise<RunOutcome> {
  const { run, status } = await airflow.trigger(dag, conf);
  if (run === undefined) throw new Error(`${dag} was not started: ${status}`);
  return note(airflow, dag, run, what);
}

async function byCommand(airflow: Airflow, dag: string, what: string, conf = {}): Promise<RunOutcome> {
  const run = `by-command-${outcomes.length}`;
  await airflow.triggerByCommand(dag, run, conf);
  return note(airflow, dag, run, what);
}

/** Waits for the end of a run, and shows why where it failed. */
async function note(airflow: Airflow, dag: string, run: string, what: string): Promise<RunOutcome> {
  const outcome = await airflow.ended(dag, run);
  outcomes.push({ ...outcome, what });
  for (const { task, tries } of outcome.tasks.filter(({ state }) => state === 'failed')) {
    const log = await airflow.log(dag, run, task, tries);
    console.error(`${dag}.${task} (${what}) ended with\n${log.split('\n').slice(-15).join('\n')}`);
  }
  return outcome;
}

function failures({ run }: RunOutcome) {
  return world.alerts.filter((alert) => isFailure(alert) && alert.run === run);
}

function isFailure({ event }: { readonly event: string }): boolean {
  return event === 'task-failed';
}

/** The task that failed, and after how many tries. */
function triesOf({ tasks }: RunOutcome): string {
  return tasks
    .filter(({ state }) => state === 'failed')
    .map(({ task, state, tries }) => `${task} ${String(state)} ${tries}`)
    .join(', ');
}

function check(what: string, found: unknown, wanted: unknown): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (JSON.stringify(found) === JSON.stringify(wanted)) {
    passed += 1;
    console.log(`ok   ${what} (at ${seconds} s)`);
    return;
  }
  failed += 1;
  console.log(`FAIL ${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)} (at ${seconds} s)`);
}

/** A line for each task of each run. */
function table(): string {
  const rows = [
    ['run', 'dag', 'state', 'task', 'state', 'tries', 'seconds'],
    ...outcomes.flatMap(({ what, dag, state, tasks }) =>
      tasks.map(({ task, state: of, tries, seconds }) => [
        ...[what, dag, state, task, of ?? '-', String(tries)],
        seconds?.toFixed(1) ?? '-',
      ]),
    ),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
