import { lastLines, lines, type Stack } from './stack.ts';

export async function portsAreLocal(stack: Stack): Promise<void> {
  const published = await lines('docker', [
    ...['ps', '--format', '{{.Ports}}', '--filter'],
    `label=com.docker.compose.project=${stack.project}`,
  ]);
  const open = published.flatMap((ports) => ports.split(', ')).filter((port) => port.includes('->'));
  const elsewhere = open.filter((port) => !port.startsWith('127.0.0.1:'));
  if (open.length === 0 || elsewhere.length > 0)
    throw new Error(`published: ${open.join(', ') || 'nothing'}`);
}

export async function superuserIsRefused(stack: Stack): Promise<void> {
  const connection = '[connection]\nssl = true\n[ssl]\ncertfile = /run/secrets/ca\nvalidate = true\n';
  const rc = `[authentication]\nusername = cassandra\npassword = cassandra\n${connection}`;
  const shell = 'cat > /tmp/rc && cqlsh --cqlshrc /tmp/rc -e "LIST ROLES"';
  const { code, out, err } = await stack.tryCompose(['exec', '-T', 'cassandra', 'sh', '-c', shell], {
    input: rc,
  });
  if (code === 0 || !/AuthenticationFailed|Bad credentials|not permitted to log in/.test(out + err))
    throw new Error(`it was let in, or refused for another reason:\n${lastLines(out + err)}`);
}

export async function registryRefuses(stack: Stack): Promise<void> {
  const status = await stack.compose([
    ...['exec', '-T', 'registry-proxy', 'curl', '-sS', '--cacert', '/run/secrets/ca', '-o', '/dev/null'],
    ...['-w', '%{http_code}', 'https://localhost:8443/subjects'],
  ]);
  if (status.trim() !== '401') throw new Error(`it answers ${status}`);
}

export async function registryIsBehindItsProxy(stack: Stack): Promise<void> {
  for (const app of ['producer', 'stream-writer', 'console'])
    await inApp(
      stack,
      app,
      `const reached = await fetch('http://schema-registry:8081/subjects').then(() => true, () => false);
       if (reached) throw new Error('${app} reaches the registry');`,
    );
}

export async function sparkIsClosed(stack: Stack): Promise<void> {
  // 6066 is 17B2 in hexadecimal.
  const listening = await stack.compose([
    ...['--profile', 'spark', 'exec', '-T', 'spark-master'],
    ...['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6'],
  ]);
  if (!/:1BA5 \S+ 0A/.test(listening) || /:17B2 \S+ 0A/.test(listening)) throw new Error(listening);
  // As the job is submitted, but with another secret than the master has.
  const { code, out, err } = await stack.tryCompose([
    ...[
      '--profile',
      'spark',
      '--profile',
      'jobs',
      'run',
      '--rm',
      '-T',
      'spark-job',
      '/opt/spark/bin/spark-submit',
    ],
    ...['--master', 'spark://spark-master:7077', '--conf', 'spark.authenticate.secret=wrong'],
    ...['--jars', '/opt/sluice/spark-jobs/dist/jars/*.jar'],
    ...['--py-files', '/opt/sluice/spark-jobs/dist/sluice_spark.zip'],
    '/opt/sluice/spark-jobs/dist/user_records_stream.py',
  ]);
  if (code === 0 || !`${out}${err}`.includes('Failed to connect to master'))
    throw new Error(`spark-submit without the secret ended with ${code}: ${lastLines(out + err)}`);
}

export async function airflowRole(stack: Stack): Promise<void> {
  await inApp(
    stack,
    'console',
    `import { readFileSync } from 'node:fs';
     const password = readFileSync('/run/secrets/airflow-console', 'utf8');
     const call = (path, token, body) => fetch('http://airflow:8080' + path, {
       method: body ? 'POST' : 'GET',
       headers: { 'content-type': 'application/json', ...(token && { authorization: 'Bearer ' + token }) },
       ...(body && { body: JSON.stringify(body) }),
     });
     const { access_token: token } = await (await call('/auth/token', '', { username: 'console', password })).json();
     const expected = {
       '/api/v2/dags': [200],
       '/api/v2/connections': [403],
       '/api/v2/variables': [403],
     };
     for (const [path, codes] of Object.entries(expected)) {
       const { status } = await call(path, token);
       if (!codes.includes(status)) throw new Error(path + ' answers ' + status);
     }
     const run = await call('/api/v2/dags/ingest_users/dagRuns', token, { logical_date: null, conf: { count: 1 } });
     if (!run.ok) throw new Error('a run is answered with ' + run.status);`,
  );
}

/** Runs a script in the container of an app; it fails where the script throws. */
function inApp(stack: Stack, app: string, script: string): Promise<string> {
  return stack.compose(['exec', '-T', app, 'node', '--input-type=module', '-e', script]);
}
