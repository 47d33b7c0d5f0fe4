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

/** Of docs/architecture.md; the apps' own tests see that they are served. */
const knownMetrics = new Set([
  'sluice_records_total',
  'sluice_source_records_total',
  'sluice_source_requests_total',
  'sluice_lag_records',
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
