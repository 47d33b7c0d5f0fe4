import { resolve } from 'node:path';
import { definitionsOf } from './built-in.ts';
import { endpointsOf, type StackEndpoints } from './endpoints.ts';
import { LocalStackError } from './errors.ts';
import type { StackOptions } from './options.ts';
import { assignPorts } from './ports.ts';
import { isRunning, terminate } from './process-identity.ts';
import type { NodeDefinition } from './service.ts';
import { StackProcesses, STOP_DEADLINE_MS } from './stack-processes.ts';
import {
  claim,
  discard,
  readRecord,
  standing,
  type ServiceRecord,
  type StackRecord,
  type StateFile,
} from './state.ts';

export interface StackService {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  /** Address that it listens on. */
  readonly host: string;
  readonly port: number;
}

export interface Stack {
  readonly endpoints: StackEndpoints;
  /** The services as they are now: one that was restarted has another process. */
  readonly services: readonly StackService[];
  /**
   * Ends one service at once (SIGKILL), as a crash does, with the processes that it started, and waits until they are gone.
   *
   * @throws LocalStackError `unknown-service`
   */
  kill(name: string): Promise<void>;
  /**
   * Starts one service anew, on its ports and data, and waits until it is ready. Where it still runs it is asked to
   * end first.
   *
   * @throws LocalStackError `unknown-service`, `service-died`, `start-timeout`; `aborted` when the stack is stopped meanwhile
   */
  restart(name: string): Promise<void>;
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
  const definitions = definitionsOf(options);
  const dataDir = resolve(options.dataDir);
  const progress = options.onProgress ?? (() => undefined);
  const state = await claimFolder(dataDir, options.detached ?? false, progress);
  const giveUp = new AbortController();
  const onAbort = () => {
    giveUp.abort();
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) giveUp.abort();
  try {
    const ports = await assignPorts(definitions, options.ports ?? {});
    const processes = new StackProcesses(options, { state, taken: ports.values(), signal: giveUp.signal });
    await allOrNone(
      startInOrder(definitions, (definition) => processes.start(definition, ports.get(definition.name) ?? 0)),
      giveUp,
    );
    if (options.detached) {
      await state.markReady();
      processes.letGo();
    }
    return stackOf(state, processes, giveUp, progress);
  } catch (error) {
    await stopServices(state.record.services, progress);
    await state.discard();
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
  await stopServices(record.services, options.onProgress ?? (() => undefined));
  await discard(folder, record);
  return running.map(publicPart);
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
    await stopServices(record.services, progress);
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

/** All at once, but for those that need others: they wait until these are ready. */
function startInOrder(
  definitions: readonly NodeDefinition[],
  start: (definition: NodeDefinition) => Promise<void>,
): readonly Promise<void>[] {
  const starting = new Map<string, Promise<void>>();
  for (const definition of definitions) {
    const { name, after = [] } = definition;
    const needed = Promise.all(after.flatMap((other) => starting.get(other) ?? []));
    starting.set(
      name,
      needed.then(() => start(definition)),
    );
  }
  return [...starting.values()];
}

/** Waits for all; or, after everything has settled, throws the first error. */
async function allOrNone(starting: readonly Promise<void>[], giveUp: AbortController): Promise<void> {
  let first: { error: unknown } | undefined;
  await Promise.all(
    starting.map((one) =>
      one.catch((error: unknown) => {
        first ??= { error };
        giveUp.abort();
      }),
    ),
  );
  if (first !== undefined) throw first.error;
}

function stackOf(
  state: StateFile,
  processes: StackProcesses,
  giveUp: AbortController,
  progress: (message: string) => void,
): Stack {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // A restart that is under way must not start anything after this look at what runs.
    giveUp.abort();
    await stopServices(state.record.services, progress);
    await state.discard();
  };
  return {
    endpoints: endpointsOf(state.record.services),
    get services() {
      return state.record.services.map(publicPart);
    },
    kill: (name) => processes.kill(name),
    restart: (name) => processes.restart(name),
    stop: () => (stopping ??= stop()),
  };
}

/** Stops what runs of the services, and what is left of those that have died; each after those that need it. */
async function stopServices(
  services: readonly ServiceRecord[],
  progress: (message: string) => void,
): Promise<void> {
  const stopping = new Map<string, Promise<void>>();
  const stopOnce = (service: ServiceRecord): Promise<void> => {
    const stopped = stopping.get(service.name) ?? stop(service);
    stopping.set(service.name, stopped);
    return stopped;
  };
  const stop = async (service: ServiceRecord) => {
    await Promise.all(services.filter(({ after }) => after?.includes(service.name)).map(stopOnce));
    const wasRunning = isRunning(service);
    const started = performance.now();
    const end = await terminate(service, STOP_DEADLINE_MS);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (wasRunning)
      progress(
        `${service.name}: ${end === 'ended' ? 'stopped' : 'killed'} after ${seconds} s (pid ${service.pid})`,
      );
  };
  await Promise.all(services.map(stopOnce));
}

function publicPart({ name, version, pid, host, port }: ServiceRecord): StackService {
  return { name, version, pid, host, port };
}
