import { shownSettings } from '@sluice/app-runtime';
import { lookAtApp } from '../app-health.ts';
import type { Health } from '../contract/health.ts';
import type { Handlers } from '../handlers.ts';
import { toConsoleError } from '../problem.ts';
import { Rate } from '../rate.ts';
import type { Services } from '../services.ts';

const timeoutMs = 2_000;
/** CPU is told as the mean of so long, ms. */
const cpuWindowMs = 10_000;

export function healthRoutes(
  services: Services & { readonly viewers: () => number },
): Handlers<'GET /api/health'> {
  const { config, servers, topics, history, version, startedAt, viewers } = services;
  const cpu = new Map<string, Rate>();

  const cpuOf = (name: string, seconds: number | undefined): number | null => {
    const rate = cpu.get(name) ?? new Rate(cpuWindowMs);
    cpu.set(name, rate);
    if (seconds === undefined) rate.clear();
    else rate.add(performance.now(), seconds);
    return rate.perSecond;
  };

  const kafka = async (): Promise<Health['kafka']> => {
    try {
      const { clusterId, controller, brokers } = await servers.cluster.use((inspector) =>
        inspector.cluster(),
      );
      const list = await topics.list();
      return {
        problem: null,
        cluster: clusterId,
        controller,
        brokers: brokers.map(({ id, host, port }) => ({ id, address: `${host}:${port}` })),
        underReplicated: list.topics.reduce((sum, { underReplicated }) => sum + underReplicated, 0),
        offline: list.topics.reduce((sum, { offline }) => sum + offline, 0),
      };
    } catch (error) {
      const { problem } = toConsoleError(error);
      return { problem, cluster: null, controller: null, brokers: [], underReplicated: null, offline: null };
    }
  };

  const registry = async (): Promise<Health['registry']> => {
    const found = { configured: servers.registry !== undefined, url: config.SCHEMA_REGISTRY_URL ?? null };
    try {
      const subjects = await servers.registry?.subjects();
      return { ...found, problem: null, subjects: subjects?.length ?? null };
    } catch (error) {
      return { ...found, problem: toConsoleError(error).problem, subjects: null };
    }
  };

  const cassandra = async (): Promise<Health['cassandra']> => {
    try {
      return await servers.cassandra.use(async (session) => {
        const { rows } = await session.query('SELECT cluster_name FROM system.local', [], { timeoutMs });
        return { problem: null, cluster: String(rows[0]?.cluster_name), nodes: [...session.nodes()] };
      });
    } catch (error) {
      return { problem: toConsoleError(error).problem, cluster: null, nodes: [] };
    }
  };

  const apps = async (): Promise<Health['apps']> => {
    const places = [
      ...config.PRODUCER_URLS.map((url) => ({ app: 'producer', url })),
      ...config.WRITER_URLS.map((url) => ({ app: 'stream-writer', url })),
    ];
    return Promise.all(
      places.map(async ({ app, url }) => {
        const { cpuSeconds, ...found } = await lookAtApp(app, url, timeoutMs);
        return { ...found, cpu: cpuOf(url, cpuSeconds) };
      }),
    );
  };

  return {
    'GET /api/health': async () => {
      const [ofKafka, ofRegistry, ofCassandra, ofApps] = await Promise.all([
        kafka(),
        registry(),
        cassandra(),
        apps(),
      ]);
      const { user, system } = process.cpuUsage();
      return {
        at: Date.now(),
        kafka: ofKafka,
        registry: ofRegistry,
        cassandra: ofCassandra,
        apps: ofApps,
        console: {
          version,
          node: process.versions.node,
          startedAt,
          cpu: cpuOf('console', (user + system) / 1e6),
          memory: process.memoryUsage.rss(),
          viewers: viewers(),
          historyFile: history.file,
          historyBytes: history.bytes,
          settings: Object.entries(shownSettings(config)).map(([name, value]) => ({ name, value })),
        },
      };
    },
  };
}
