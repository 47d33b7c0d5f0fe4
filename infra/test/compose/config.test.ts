import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, bytesOf, type ComposeService, FOLDER, OVERRIDES, readComposeFile } from './compose-files.ts';

const files = [BASE, ...OVERRIDES].map((name) => [name, readComposeFile(name)] as const);
const base = readComposeFile(BASE);
/** Each service of each file: an override alone must not open what the base keeps shut. */
const services = files.flatMap(([file, { services }]) =>
  Object.entries(services).map(([name, service]) => [`${file}: ${name}`, service] as const),
);
/** Services that a file brings, and does not only change. */
const whole = services.filter(
  ([key, { image }]) => image !== undefined && (key.startsWith(BASE) || key.endsWith('zookeeper')),
);
const steps = (service: ComposeService) => service.restart === 'no';

const profiles = [...new Set(Object.values(base.services).flatMap(({ profiles = [] }) => profiles))];
/** It checks files against the specification's own schema; for that it needs no engine, and no secrets. */
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

describe('the files of the Compose stack', () => {
  it.skipIf(!hasCompose).each(combinations())('Compose accepts %s', (_, args) => {
    const { status, stderr } = spawnSync('docker', ['compose', ...args, 'config', '--quiet'], {
      cwd: FOLDER,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each(whole)('%s names its image by version', (_, { image = '' }) => {
    expect(image).toMatch(
      /^(sluice\/[a-z-]+:\$\{SLUICE_VERSION:-dev\}|[a-z/-]+:v?\d+(\.\d+)+(-[-a-z0-9.]+)?)$/,
    );
  });

  it.each(services)('%s opens no port beyond this machine', (_, { ports = [] }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(files.map(([file]) => file))(
    '%s puts each service into the networks that it needs, and no other',
    (file) => {
      const { services } = readComposeFile(file);
      const members: Record<string, string[]> = {};
      for (const [name, { networks, network_mode: mode }] of Object.entries(services)) {
        // An override that names none adds none.
        const joined = networks ?? (mode !== undefined || file !== BASE ? [] : ['default']);
        for (const network of joined) (members[network] ??= []).push(name);
      }
      for (const list of Object.values(members)) list.sort();
      expect(members).toEqual(membersOf[file]);
    },
  );

  it('lets nobody out of the networks of the registry, of Airflow and of ZooKeeper', () => {
    const networks = files.flatMap(([, file]) => Object.entries(file.networks ?? {}));
    const internal = networks.filter(([, network]) => network?.internal === true).map(([name]) => name);
    expect(internal.toSorted()).toEqual(['airflow', 'coordination', 'registry']);
  });

  it('lets the pages of Spark be reached in its network alone, by nobody but master, workers and drivers', () => {
    const { image = '' } = base.services['spark-master'] ?? {};
    const inImage = Object.entries(base.services).filter((entry) => entry[1].image === image);
    expect([...inImage.map(([name]) => name), 'airflow-scheduler'].toSorted()).toEqual(
      membersOf[BASE]?.spark,
    );
    const conf = readFileSync(join(FOLDER, 'config', 'spark', 'spark-defaults.conf'), 'utf8');
    const lines = conf.split('\n').filter((line) => /^spark\.(auth|network|master|ui)/.test(line));
    expect(lines.toSorted()).toEqual([
      'spark.authenticate true',
      'spark.master.rest.enabled false',
      'spark.network.crypto.authEngineVersion 2',
      'spark.network.crypto.enabled true',
      'spark.network.crypto.saslFallback false',
      'spark.ui.killEnabled false',
    ]);
    const started = inImage.map(([, { command = [] }]) => command.slice(0, 2));
    expect(new Set(started.map(String))).toEqual(new Set(['bash,/opt/sluice/bin/with-spark-conf.sh']));
  });

  it('gives the console a user of Airflow who administers nothing', () => {
    const users = base.services.airflow?.environment?.AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS;
    expect(String(users).split(',')).toEqual(['admin:admin', 'console:user']);
    expect(base.services.console?.environment).toMatchObject({
      AIRFLOW_USERNAME: 'console',
      AIRFLOW_PASSWORD_FILE: '/run/secrets/airflow-console',
    });
  });

  it.each(whole)('%s has a limit of memory, and says what happens when it ends', (_, service) => {
    expect(service.restart).toMatch(/^(unless-stopped|no)$/);
    expect(bytesOf(service.deploy?.resources?.limits?.memory ?? '')).toBeGreaterThan(0);
  });

  it.each(whole.filter(([, service]) => !steps(service)))('%s has a health check', (_, service) => {
    expect(service.healthcheck).toBeDefined();
  });

  it.each(whole)('%s may do nothing that is for root', (_, service) => {
    expect(service.cap_drop).toEqual(['ALL']);
  });

  it('every step that ends is awaited by something, or up --wait would count it as failed', () => {
    const awaited = new Set(
      Object.values(base.services).flatMap(({ depends_on = {} }) =>
        Object.entries(depends_on)
          .filter(([, { condition }]) => condition === 'service_completed_successfully')
          .map(([name]) => name),
      ),
    );
    const inUp = Object.entries(base.services).filter(
      ([, service]) => steps(service) && !service.profiles?.includes('jobs'),
    );
    expect(inUp.map(([name]) => name).filter((name) => !awaited.has(name))).toEqual([]);
  });

  it.each(services)('%s is told no secret by its environment', (_, { environment = {} }) => {
    const suspicious = Object.entries(environment).filter(
      ([name, value]) =>
        /PASSWORD|SECRET|TOKEN|FERNET|SQL_ALCHEMY/.test(name) &&
        // How long passwords are, which file or command has one: no secret
        !/(_FILE|_CMD)$|PASSWORDS_FILE$/.test(name) &&
        name !== 'PASSWORD_POLICY' &&
        value !== null,
    );
    expect(suspicious).toEqual([]);
  });

  it('has each app answer to the name that the console and Prometheus ask it by', () => {
    const prometheus = readFileSync(join(FOLDER, 'monitoring', 'prometheus', 'prometheus.yml'), 'utf8');
    const { PRODUCER_URLS, WRITER_URLS } = base.services.console?.environment ?? {};
    const asked = [...`${prometheus} ${PRODUCER_URLS ?? ''} ${WRITER_URLS ?? ''}`.matchAll(/([a-z-]+):\d+/g)];
    const ours = [...new Set(asked.map(([, name = '']) => name))].filter((name) =>
      /^sluice\/(?!jmx)/.test(base.services[name]?.image ?? ''),
    );
    expect(ours.sort()).toEqual(['console', 'producer', 'spark-job', 'stream-writer']);
    for (const name of ours) expect(base.services[name]?.environment?.ALLOWED_HOSTS).toBe(name);
  });

  it('keeps secrets in the folder that Git ignores, and knows each by its use', () => {
    const { secrets = {} } = base;
    expect(Object.values(secrets).filter(({ file }) => !file.startsWith('./secrets/'))).toEqual([]);
    const used = new Set(
      services.flatMap(([, service]) =>
        (service.secrets ?? []).map((secret) => (typeof secret === 'string' ? secret : secret.source)),
      ),
    );
    expect(Object.keys(secrets).filter((name) => !used.has(name))).toEqual([]);
    expect(readFileSync(join(FOLDER, '.gitignore'), 'utf8')).toContain('secrets/');
  });

  it('needs less than 4 GB as it comes up, and less than 10 GB with every profile but the Control Center', () => {
    const gigabytes = (wanted: (service: ComposeService) => boolean) =>
      Object.values(base.services)
        .filter((service) => !steps(service) && wanted(service))
        .reduce((sum, { deploy }) => sum + bytesOf(deploy?.resources?.limits?.memory ?? ''), 0) /
      1024 ** 3;
    expect(gigabytes(({ profiles }) => profiles === undefined)).toBeLessThan(4);
    expect(gigabytes(({ profiles }) => !profiles?.includes('control-center'))).toBeLessThan(10);
  });

  it('starts the apps in their images with the heap of their start commands', () => {
    const { scripts } = JSON.parse(
      readFileSync(join(FOLDER, '..', 'apps', 'producer', 'package.json'), 'utf8'),
    ) as { scripts: { serve: string } };
    const flags = scripts.serve.split(' ').filter((word) => /^--(?!conditions)/.test(word));
    const wanted = ['node', ...flags, 'dist/main.js'];
    const image = readFileSync(join(FOLDER, 'images', 'app.Dockerfile'), 'utf8');
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(image)?.[1] ?? '[]')).toEqual(wanted);
    expect(base.services.redrive?.entrypoint).toEqual([...wanted, 'redrive']);
  });

  it('is checked out with the line ends that its scripts need, also on Windows', () => {
    const git = (...args: string[]) => spawnSync('git', args, { cwd: FOLDER, encoding: 'utf8' }).stdout;
    const files = git('ls-files').trim().split('\n');
    expect(files.length).toBeGreaterThan(50);
    const attributes = git('check-attr', 'eol', '--', ...files);
    const others = attributes.split('\n').filter((line) => line !== '' && !line.endsWith(': eol: lf'));
    expect(others).toEqual([]);
  });

  it('has dashboards that Grafana can read, for metrics that exist', () => {
    const folder = join(FOLDER, 'monitoring', 'grafana', 'dashboards');
    for (const file of readdirSync(folder)) {
      const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        panels: { title: string; targets: { expr: string }[] }[];
      };
      expect(panels.length).toBeGreaterThan(0);
      const names = panels.flatMap(({ targets }) =>
        targets.flatMap(({ expr }) => expr.match(/\bsluice_[a-z_]+/g) ?? []),
      );
      expect([...new Set(names)].filter((name) => !knownMetrics.has(name.replace(/_bucket$/, '')))).toEqual(
        [],
      );
    }
    expect(existsSync(join(FOLDER, 'monitoring', 'prometheus', 'prometheus.yml'))).toBe(true);
  });
});

/**
 * Who may reach whom, by file: the networks that a service joins, as infra/README.md has them. What asks nobody for a password or a
 * certificate (the registry itself, ZooKeeper, pages of Spark, metrics) must be in no network with somebody who needs none of it.
 */
const membersOf: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'compose.yaml': {
    apps: [
      ...['airflow', 'airflow-scheduler', 'console', 'producer', 'prometheus'],
      ...['random-user-server', 'stream-writer'],
    ],
    data: [
      ...[
        'access',
        'airflow-scheduler',
        'audit',
        'cassandra',
        'console',
        'control-center',
        'grants',
        'kafka',
      ],
      ...['kafka-users', 'migrate', 'producer', 'prometheus', 'redrive', 'registry-proxy', 'spark-job'],
      ...['spark-worker', 'stream-writer'],
    ],
    registry: ['control-center', 'kafka', 'registry-proxy', 'schema-registry'],
    spark: ['airflow-scheduler', 'spark-job', 'spark-master', 'spark-worker'],
    airflow: ['airflow', 'airflow-dag-processor', 'airflow-database', 'airflow-scheduler', 'postgres'],
    monitoring: ['grafana', 'prometheus'],
  },
  'compose.zookeeper.yaml': { coordination: ['kafka', 'zookeeper'] },
  'compose.insecure.yaml': { data: ['schema-registry'] },
};

/** Of docs/architecture.md; the apps' own tests see that they are served. */
const knownMetrics = new Set([
  'sluice_records_total',
  'sluice_source_records_total',
  'sluice_source_requests_total',
  'sluice_lag_records',
  'sluice_lag_seconds',
  'sluice_transaction_held_offsets',
  'sluice_end_to_end_seconds',
  'sluice_paused',
  'sluice_retries_total',
]);

/** Every file alone and with each override, with no profile, with each, and with all. */
function combinations(): [string, string[]][] {
  return [[], ...OVERRIDES.map((name) => [name])].flatMap((overrides) =>
    [[], ...profiles.map((profile) => [profile]), ['*']].map((chosen): [string, string[]] => [
      [BASE, ...overrides, ...chosen.map((profile) => `--profile ${profile}`)].join(' '),
      [
        ...[BASE, ...overrides].flatMap((file) => ['-f', file]),
        ...chosen.flatMap((profile) => ['--profile', profile]),
      ],
    ]),
  );
}
