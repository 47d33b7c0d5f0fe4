import { rm } from 'node:fs/promises';
import {
  readStack,
  startStack,
  stopStack,
  type StackEndpoints,
  type StackOptions,
  type StackService,
} from '@sluice/local-stack';
import { stopExtras } from './extras.ts';
import { freeOnes } from './free-ports.ts';
import { randomUserServer, sourceUrl } from './random-user-server.ts';
import { STACK_DIR } from './workspace.ts';

/** Where the services are when nothing is said: what the apps' configuration defaults to. */
const DEFAULT_PORTS = {
  kafka: 9092,
  cassandra: 9042,
  'schema-registry': 8081,
  [randomUserServer.name]: 3080,
};

export interface ServicesOptions extends Pick<StackOptions, 'signal' | 'onProgress' | 'javaHome'> {
  /** Forget the data of earlier runs. */
  readonly fresh?: boolean;
  /** Default: the workspace's `.stack`. */
  readonly dataDir?: string;
  /** Default: 9092, 9042, 8081 and 3080. */
  readonly ports?: Readonly<Record<string, number>>;
}

/** Services that are ready to be used. */
export interface Services {
  readonly endpoints: StackEndpoints;
  /** The bundled RandomUser-compatible source. */
  readonly sourceUrl: string;
  readonly services: readonly StackService[];
  /** They were there before, and stay. */
  readonly joined: boolean;
}

/** The services in the background; those that are up already are left as they are. */
export async function up(options: ServicesOptions): Promise<Services> {
  const { dataDir = STACK_DIR, ports = DEFAULT_PORTS } = options;
  if (options.fresh) await forget(dataDir, options);
  const running = await join(dataDir);
  if (running) return running;
  const stack = await startStack({ ...stackOptions(options, dataDir, ports), detached: true });
  return servicesOf(stack, false);
}

/**
 * The services for one run: those in the background where they are up, else own ones, which `stop` ends.
 * A default port that is taken is replaced by a free one, with a word.
 */
export async function joinOrStart(options: ServicesOptions): Promise<Services & { stop(): Promise<void> }> {
  const { dataDir = STACK_DIR, ports = DEFAULT_PORTS } = options;
  const running = await join(dataDir);
  if (running) {
    if (options.fresh)
      throw new Error('the services are up with their data: stop them first with infra:down');
    return { ...running, stop: () => Promise.resolve() };
  }
  if (options.fresh) await forget(dataDir, options);
  const stack = await startStack(stackOptions(options, dataDir, await freeOnes(ports, options.onProgress)));
  return { ...servicesOf(stack, false), stop: () => stack.stop() };
}

/** Extras have their folders in that of the services. */
async function forget(dataDir: string, options: Pick<ServicesOptions, 'onProgress'>): Promise<void> {
  await stopExtras(dataDir, options);
  await stopStack(dataDir, options);
  await rm(dataDir, { recursive: true, force: true });
}

async function join(dataDir: string): Promise<Services | undefined> {
  const status = await readStack(dataDir);
  if (!status?.background || !status.services.every(({ running }) => running)) return undefined;
  return servicesOf(status, true);
}

function stackOptions(
  { signal, onProgress, javaHome }: ServicesOptions,
  dataDir: string,
  ports: Readonly<Partial<Record<string, number>>>,
): StackOptions {
  return {
    services: ['kafka', 'cassandra', 'schema-registry', randomUserServer],
    ports,
    dataDir,
    ...(javaHome !== undefined && { javaHome }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  };
}

function servicesOf(
  stack: { endpoints: StackEndpoints; services: readonly StackService[] },
  joined: boolean,
): Services {
  const source = stack.services.find(({ name }) => name === randomUserServer.name);
  // A stack that was started by an earlier version of this program.
  if (source === undefined || stack.endpoints.schemaRegistry === undefined)
    throw new Error('the stack runs without some of the services: stop it with infra:down');
  return { endpoints: stack.endpoints, services: stack.services, sourceUrl: sourceUrl(source.port), joined };
}
