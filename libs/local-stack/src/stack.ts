import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { cassandra, LOCAL_DATA_CENTER } from './cassandra.ts';
import { LocalStackError } from './errors.ts';
import { resolveJars } from './jars.ts';
import { requireJava } from './java.ts';
import { kafka } from './kafka.ts';
import type { BuiltInService, StackOptions } from './options.ts';
import { freePort, requireFree } from './ports.ts';
import { isRunning, terminate } from './process-identity.ts';
import { launch, runToEnd, type RunningService } from './running-service.ts';
import { schemaRegistry } from './schema-registry.ts';
import type { ServiceContext, ServiceDefinition } from './service.ts';
import {
  claim,
  discard,
  readRecord,
  standing,
  type ServiceRecord,
  type StackRecord,
  type StateFile,
} from './state.ts';

const BUILT_IN: Readonly<Record<BuiltInService, ServiceDefinition>> = {
  kafka,
  cassandra,
  'schema-registry': schemaRegistry,
};
const START_TIMEOUT_MS = 120_000;
// Cassandra flushes its tables before it ends.
const STOP_DEADLINE_MS = 20_000;

export interface KafkaEndpoint {
  readonly brokers: readonly string[];
}

export interface CassandraEndpoint {
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly localDataCenter: string;
}

export interface SchemaRegistryEndpoint {
  /** Without a path: the Confluent Schema Registry API is under `/apis/ccompat/v7`. */
  readonly url: string;
}

/** How to reach the built-in services of a stack; those it has. */
export interface StackEndpoints {
  readonly kafka?: KafkaEndpoint;
  readonly cassandra?: CassandraEndpoint;
  readonly schemaRegistry?: SchemaRegistryEndpoint;
}

export interface StackService {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly port: number;
}

export interface Stack {
  readonly endpoints: StackEndpoints;
  readonly services: readonly StackService[];
  /** Stops every service and waits until its process is gone. Data is kept. A second call does nothing more. */
  stop(): Promise<void>;
}

export interface StackStatus {
  /** False while another process runs the stack as its own, or is still starting it. */
  readonly background: boolean;
  /** The process that started the stack; it may be gone when the stack runs in the background. */
  readonly ownerPid: number;
  readonly endpoints: StackEndpoints;
  readonly services: readonly (StackService & { readonly running: boolean })[];
}

/**
 * Starts services and resolves when each has been used once: a produce acknowledged, a query or a
 * look-up answered.
 *
 * When one fails, all are stopped. Unless `detached`, the services end with this process. What an earlier,
 * crashed run left running in the same folder is stopped first.
 *
 * @throws LocalStackError, see its codes.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const definitions = options.services.map((service) =>
    typeof service === 'string' ? BUILT_IN[service] : service,
  );
  const dataDir = resolve(options.dataDir);
  const progress = options.onProgress ?? (() => undefined);
  const state = await claimFolder(dataDir, options.detached ?? false, progress);
  const giveUp = new AbortController();
  const onAbort = () => giveUp.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) giveUp.abort();
  try {
    const ports = await assignPorts(definitions, options.ports ?? {});
    const start = new StackStart(options, dataDir, state, new Set(ports.values()), giveUp.signal);
    const started = await allOrNone(
      definitions.map((definition) => start.service(definition, ports.get(definition.name) ?? 0)),
      giveUp,
    );
    if (options.detached) {
      await state.markReady();
      for (const service of started) service.letGo();
    }
    return stackOf(dataDir, state.record, progress);
  } catch (error) {
    await stopServices(state.record.services, progress);
    await discard(dataDir, state.record);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** What runs on a folder; undefined when nothing was started there or all was stopped. */
export async function readStack(dataDir: string): Promise<StackStatus | undefined> {
  const record = await readRecord(resolve(dataDir));
  if (record === undefined) return undefined;
  return {
    background: record.detached && record.ready,
    ownerPid: record.owner.pid,
    endpoints: endpointsOf(record.services),
    services: record.services.map((service) => ({ ...publicPart(service), running: isRunning(service) })),
  };
}

/**
 * Stops the stack that runs in the background on a folder, and what a crashed run left there.
 * Returns the services that were stopped.
 *
 * @throws LocalStackError `owned-elsewhere` when a running process has the stack as its own.
 */
export async function stopStack(
  dataDir: string,
  options: Pick<StackOptions, 'onProgress'> = {},
): Promise<readonly StackService[]> {
  const folder = resolve(dataDir);
  const record = await readRecord(folder);
  if (record === undefined) return [];
  if (standing(record) === 'owned') {
    throw new LocalStackError(
      'owned-elsewhere',
      `the services of ${folder} belong to process ${record.owner.pid}, which is running: stop that one`,
    );
  }
  const running = record.services.filter(isRunning);
  await stopServices(running, options.onProgress ?? (() => undefined));
  await discard(folder, record);
  return running.map(publicPart);
}

/** One start: what its services share. */
class StackStart {
  readonly #options: StackOptions;
  readonly #dataDir: string;
  readonly #state: StateFile;
  readonly #taken: Set<number>;
  readonly #signal: AbortSignal;

  constructor(
    options: StackOptions,
    dataDir: string,
    state: StateFile,
    taken: Set<number>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#dataDir = dataDir;
    this.#state = state;
    this.#taken = taken;
    this.#signal = signal;
  }

  async service(definition: ServiceDefinition, port: number): Promise<RunningService> {
    const { name, version } = definition;
    const logFile = join(this.#dataDir, 'logs', `${name}.log`);
    await mkdir(join(this.#dataDir, 'logs'), { recursive: true });
    const context = this.#context(definition, port, logFile);
    await mkdir(context.dataDir, { recursive: true });
    const command = await definition.prepare(context);
    this.#requireGoing();
    this.#progress(`${name} ${version}: starting on port ${port}`);
    const started = performance.now();
    const service = launch(definition, { cwd: context.dataDir, ...command }, port, logFile);
    await this.#state.add(service.record);
    await service.ready({
      timeoutMs: this.#options.startTimeoutMs ?? START_TIMEOUT_MS,
      signal: this.#signal,
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    this.#progress(`${name} ${version}: ready after ${seconds} s (pid ${service.record.pid}, port ${port})`);
    return service;
  }

  #context(definition: ServiceDefinition, port: number, logFile: string): ServiceContext {
    const folder = join(this.#dataDir, definition.name);
    const cacheDir = this.#options.cacheDir ?? join(homedir(), '.cache', 'sluice');
    return {
      port,
      dataDir: folder,
      signal: this.#signal,
      freePort: async () => {
        const free = await freePort(this.#taken);
        this.#taken.add(free);
        return free;
      },
      java: (versions) => requireJava(this.#options.javaHome, versions),
      jars: (pom, { unpack = false } = {}) =>
        resolveJars(`${definition.name}-${definition.version}`, pom, {
          unpack,
          cacheDir: resolve(cacheDir),
          onProgress: (message) => this.#progress(message),
          signal: this.#signal,
        }),
      run: (command) => runToEnd(definition.name, { cwd: folder, ...command }, logFile, this.#signal),
    };
  }

  #requireGoing(): void {
    if (this.#signal.aborted) throw new LocalStackError('aborted', 'the start of the stack was given up');
  }

  #progress(message: string): void {
    this.#options.onProgress?.(message);
  }
}

/** The folder's state file, for us alone; leftovers of a crashed run are stopped. */
async function claimFolder(
  dataDir: string,
  detached: boolean,
  progress: (message: string) => void,
): Promise<StateFile> {
  for (;;) {
    const state = await claim(dataDir, detached);
    if (state !== undefined) return state;
    const record = await readRecord(dataDir);
    if (record === undefined) continue;
    if (standing(record) !== 'crashed') throw alreadyRunning(dataDir, record);
    const left = record.services.filter(isRunning);
    progress(
      `an earlier run in ${dataDir} ended without stopping its services; ` +
        (left.length === 0
          ? 'none of them is left'
          : `stopping ${left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`),
    );
    await stopServices(left, progress);
    await discard(dataDir, record);
  }
}

function alreadyRunning(dataDir: string, record: StackRecord): LocalStackError {
  const who =
    standing(record) === 'background' ? 'in the background' : `and belongs to process ${record.owner.pid}`;
  return new LocalStackError(
    'already-running',
    `a stack on ${dataDir} is running already, ${who}: use it, stop it first, or choose another folder`,
  );
}

async function assignPorts(
  definitions: readonly ServiceDefinition[],
  wanted: Readonly<Partial<Record<string, number>>>,
): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  for (const { name } of definitions) {
    const port = wanted[name];
    if (port === undefined) continue;
    await requireFree(port, name);
    ports.set(name, port);
  }
  for (const { name } of definitions) {
    if (!ports.has(name)) ports.set(name, await freePort(new Set(ports.values())));
  }
  return ports;
}

/** All results; or, after everything has settled, the first error. */
async function allOrNone<T>(starting: readonly Promise<T>[], giveUp: AbortController): Promise<T[]> {
  let first: { error: unknown } | undefined;
  const settled = await Promise.all(
    starting.map((one) =>
      one.catch((error: unknown) => {
        first ??= { error };
        giveUp.abort();
        return undefined;
      }),
    ),
  );
  if (first !== undefined) throw first.error;
  return settled as T[];
}

function stackOf(dataDir: string, record: StackRecord, progress: (message: string) => void): Stack {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await stopServices(record.services, progress);
    await discard(dataDir, record);
  };
  return {
    endpoints: endpointsOf(record.services),
    services: record.services.map(publicPart),
    stop: () => (stopping ??= stop()),
  };
}

async function stopServices(
  services: readonly ServiceRecord[],
  progress: (message: string) => void,
): Promise<void> {
  await Promise.all(
    services.filter(isRunning).map(async (service) => {
      const started = performance.now();
      const end = await terminate(service, STOP_DEADLINE_MS);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      progress(
        `${service.name}: ${end === 'ended' ? 'stopped' : 'killed'} after ${seconds} s (pid ${service.pid})`,
      );
    }),
  );
}

function endpointsOf(services: readonly ServiceRecord[]): StackEndpoints {
  const port = (name: BuiltInService) => services.find((service) => service.name === name)?.port;
  const [kafkaPort, cassandraPort, registryPort] = [
    port('kafka'),
    port('cassandra'),
    port('schema-registry'),
  ];
  return {
    ...(kafkaPort !== undefined && { kafka: { brokers: [`127.0.0.1:${kafkaPort}`] } }),
    ...(cassandraPort !== undefined && {
      cassandra: { contactPoints: ['127.0.0.1'], port: cassandraPort, localDataCenter: LOCAL_DATA_CENTER },
    }),
    ...(registryPort !== undefined && { schemaRegistry: { url: `http://127.0.0.1:${registryPort}` } }),
  };
}

function publicPart({ name, version, pid, port }: ServiceRecord): StackService {
  return { name, version, pid, port };
}
