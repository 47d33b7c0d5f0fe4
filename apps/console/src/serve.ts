import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitLate } from '@sluice/app-runtime';
import { createLogger, type Logger, Metrics } from '@sluice/telemetry';
import { userRecordSchema } from '@sluice/user-schema';
import type { FastifyInstance } from 'fastify';
import manifest from '../package.json' with { type: 'json' };
import { ChangeLog } from './access/change-log.ts';
import { Sessions } from './access/sessions.ts';
import { loadTokens, type Tokens } from './access/tokens.ts';
import { lookAtApps } from './apps.ts';
import type { ConsoleConfig } from './config.ts';
import { History } from './history.ts';
import { KafkaLooker } from './kafka-look.ts';
import { LetterIndex } from './letter-index.ts';
import { MessageReader } from './message-reader.ts';
import { Sampler } from './sampler.ts';
import { createServer } from './server.ts';
import { connectTo, type Servers } from './servers.ts';
import type { Services } from './services.ts';
import { Tasks } from './tasks.ts';
import { TopicCatalog } from './topic-catalog.ts';
import { TopicMessages } from './topic-messages.ts';

export interface ServeOptions {
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Looks at Kafka and Cassandra once a second must not wait longer than this, ms. */
const lookMs = 2_500;
/** What a stop may take beside what is configured, ms. */
const closingMs = 2_000;
/** From src/ as from dist/: the page is built beside the program. */
const pageFolder = fileURLToPath(new URL('../dist/page', import.meta.url));

/** Serves the console until stopped. */
export async function serve(config: ConsoleConfig, { json, signal }: ServeOptions): Promise<void> {
  exitLate(signal, { ms: config.SHUTDOWN_TIMEOUT + closingMs, exit: (code) => process.exit(code) });
  const logger = createLogger({ name: 'console', level: config.LOG_LEVEL });
  const folder = resolve(config.CONSOLE_STATE_DIR);
  const tokens = loadTokens({
    folder,
    given: { viewer: config.CONSOLE_VIEWER_TOKEN, operator: config.CONSOLE_OPERATOR_TOKEN },
  });
  const services = createServices(config, folder, logger);
  const app = await createServer({ ...services, tokens, sessions: new Sessions(), page: pageFolder });
  try {
    const address = await listen(app, config, logger);
    services.sampler.start();
    announce(json ? address : (config.CONSOLE_PUBLIC_URL ?? address), tokens, folder, {
      json,
      given: config.CONSOLE_VIEWER_TOKEN !== undefined && config.CONSOLE_OPERATOR_TOKEN !== undefined,
    });
    logger.info({ address }, 'the console is served');
    await aborted(signal);
    logger.info({}, 'stopping');
  } finally {
    await app.close();
    await services.sampler.stop();
    await services.tasks.close();
    services.letters.close();
    await services.servers.close();
    services.changes.close();
    services.history.close();
  }
}

/** Everything that the routes work with, connected to nothing yet. */
export function createServices(config: ConsoleConfig, folder: string, logger: Logger): Services {
  const servers = connectTo(config, logger);
  const history = History.open(join(folder, 'history.sqlite'));
  const metrics = new Metrics();
  metrics.collectProcess();
  const messages = new MessageReader({
    registry: servers.registry,
    contract: {
      topics: [config.KAFKA_TOPIC, config.KAFKA_DLQ_TOPIC],
      deadLetterTopic: config.KAFKA_DLQ_TOPIC,
      avsc: userRecordSchema.avsc,
      key: 'uuid',
    },
  });
  return {
    config,
    version: manifest.version,
    startedAt: Date.now(),
    logger,
    metrics,
    servers,
    history,
    sampler: createSampler(config, servers, history, logger),
    changes: new ChangeLog(join(folder, 'changes.jsonl')),
    tasks: new Tasks({ history, logger }),
    messages,
    topicMessages: new TopicMessages(servers.cluster, servers.viewing, messages),
    letters: new LetterIndex(servers.cluster, servers.viewing, config.KAFKA_DLQ_TOPIC),
    topics: new TopicCatalog(servers.cluster, config),
  };
}

function createSampler(config: ConsoleConfig, servers: Servers, history: History, logger: Logger): Sampler {
  const looker = new KafkaLooker({
    topic: config.KAFKA_TOPIC,
    deadLetterTopic: config.KAFKA_DLQ_TOPIC,
    group: config.KAFKA_GROUP_ID,
  });
  return new Sampler({
    lookAtKafka: () =>
      servers.cluster
        .use((inspector) => looker.look(inspector), lookMs)
        .catch((error: unknown) => {
          looker.reset();
          throw error;
        }),
    lookAtApps: () => lookAtApps({ producers: config.PRODUCER_URLS, writers: config.WRITER_URLS }),
    lookAtNodes: () =>
      servers.cassandra.use(async (session) => {
        await session.query('SELECT release_version FROM system.local', [], { timeoutMs: lookMs });
        const nodes = session.nodes();
        return { up: nodes.filter(({ up }) => up).length, all: nodes.length };
      }, lookMs),
    remember: (time, figures) => {
      try {
        history.add(time, figures);
      } catch (error) {
        // a full disk costs the history, not the figures
        logger.warn({ err: error }, 'the figures cannot be remembered');
      }
    },
    logger,
  });
}

async function listen(app: FastifyInstance, config: ConsoleConfig, logger: Logger): Promise<string> {
  const { CONSOLE_HOST: host, CONSOLE_PORT: port } = config;
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw new CannotListen(host, port, error);
    await app.listen({ host, port: 0 });
    logger.warn({ taken: port }, 'the port is taken, using a free one');
  }
  const { port: used } = app.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${used}`;
}

/** Tokens are printed once, when they are made. stdout has the address alone as its last line. */
function announce(
  address: string,
  { made }: Tokens,
  folder: string,
  { json, given }: { readonly json: boolean; readonly given: boolean },
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ url: address, tokens: folder, made: Object.keys(made) })}\n`);
    return;
  }
  for (const [role, token] of Object.entries(made)) process.stdout.write(`${role} token: ${token}\n`);
  process.stdout.write(`console: ${address}${given ? '' : ` (tokens are in ${folder})`}\n`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolveIt) => {
    signal.addEventListener(
      'abort',
      () => {
        resolveIt();
      },
      { once: true },
    );
  });
}

class CannotListen extends Error {
  override readonly name = 'CannotListen';
  readonly code = 'cannot-listen';

  constructor(host: string, port: number, cause: unknown) {
    super(`cannot serve on ${host}:${port}: choose another CONSOLE_HOST or CONSOLE_PORT`, { cause });
  }
}
