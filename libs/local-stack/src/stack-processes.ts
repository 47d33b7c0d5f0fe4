import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LocalStackError } from './errors.ts';
import { resolveJars } from './jars.ts';
import { requireJava } from './java.ts';
import type { StackOptions } from './options.ts';
import { freePort } from './ports.ts';
import { kill, terminate } from './process-identity.ts';
import { launch, runToEnd, type RunningService } from './running-service.ts';
import type { NodeDefinition, ServiceCommand, ServiceContext } from './service.ts';
import type { StateFile } from './state.ts';

const START_TIMEOUT_MS = 120_000;
/** How long a service may take to end. Cassandra flushes its tables before it does. */
export const STOP_DEADLINE_MS = 20_000;

/** What it takes to start a service again as it was. */
interface Plan {
  readonly definition: NodeDefinition;
  readonly command: ServiceCommand;
  readonly port: number;
  readonly logFile: string;
}

/** The processes of one stack, as long as this process may start some. */
export class StackProcesses {
  readonly #options: StackOptions;
  readonly #dataDir: string;
  readonly #state: StateFile;
  readonly #taken: Set<number>;
  readonly #signal: AbortSignal;
  readonly #services = new Map<string, { readonly plan: Plan; readonly running: RunningService }>();

  /** Nothing is started after the signal; `taken` are ports that are not free, whatever they look like. */
  constructor(
    options: StackOptions,
    { state, taken, signal }: { state: StateFile; taken: Iterable<number>; signal: AbortSignal },
  ) {
    this.#options = options;
    this.#dataDir = resolve(options.dataDir);
    this.#state = state;
    this.#taken = new Set(taken);
    this.#signal = signal;
  }

  /** Prepares and starts a service; resolves when it is ready. */
  async start(definition: NodeDefinition, port: number): Promise<void> {
    const logFile = join(this.#dataDir, 'logs', `${definition.name}.log`);
    await mkdir(join(this.#dataDir, 'logs'), { recursive: true });
    const context = this.#context(definition, port, logFile);
    await mkdir(context.dataDir, { recursive: true });
    const command = await definition.prepare(context);
    await this.#launch({ definition, command: { cwd: context.dataDir, ...command }, port, logFile });
  }

  /** Ends the process of a service where it runs and starts it again; resolves when it is ready. */
  async restart(name: string): Promise<void> {
    const { plan, running } = this.#service(name);
    await terminate(running.record, STOP_DEADLINE_MS);
    await this.#launch(plan);
    if (this.#options.detached) this.#service(name).running.letGo();
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    await kill(this.#service(name).running.record, STOP_DEADLINE_MS);
  }

  /** From here on the services outlive this process. */
  letGo(): void {
    for (const { running } of this.#services.values()) running.letGo();
  }

  async #launch(plan: Plan): Promise<void> {
    if (this.#signal.aborted) {
      throw new LocalStackError('aborted', `the start of ${plan.definition.name} was given up`);
    }
    const { definition, port } = plan;
    const title = `${definition.name} ${definition.version}`;
    this.#progress(`${title}: starting on port ${port}`);
    const started = performance.now();
    const running = launch(definition, plan.command, port, plan.logFile);
    this.#services.set(definition.name, { plan, running });
    await this.#state.put(running.record);
    const timeoutMs = this.#options.startTimeoutMs ?? START_TIMEOUT_MS;
    await running.ready({ timeoutMs, signal: this.#signal });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    this.#progress(`${title}: ready after ${seconds} s (pid ${running.record.pid}, port ${port})`);
  }

  #context(definition: NodeDefinition, port: number, logFile: string): ServiceContext {
    const folder = resolve(this.#options.dataDirs?.[definition.name] ?? join(this.#dataDir, definition.name));
    const cacheDir = this.#options.cacheDir ?? join(homedir(), '.cache', 'sluice');
    return {
      port,
      dataDir: folder,
      stackDir: this.#dataDir,
      signal: this.#signal,
      freePort: async () => {
        const free = await freePort(this.#taken);
        this.#taken.add(free);
        return free;
      },
      java: (versions) => requireJava(this.#options.javaHome, versions),
      jars: (pom, { unpack = false } = {}) =>
        // Nodes of one service, whatever their names, have the same jars.
        resolveJars(`${definition.jarsOf ?? definition.name}-${definition.version}`, pom, {
          unpack,
          cacheDir: resolve(cacheDir),
          onProgress: (message) => {
            this.#progress(message);
          },
          signal: this.#signal,
        }),
      run: (command) => runToEnd(definition.name, { cwd: folder, ...command }, logFile, this.#signal),
    };
  }

  #service(name: string) {
    const service = this.#services.get(name);
    if (service) return service;
    const names = [...this.#services.keys()].join(', ');
    throw new LocalStackError('unknown-service', `the stack has no service ${name}: it has ${names}`);
  }

  #progress(message: string): void {
    this.#options.onProgress?.(message);
  }
}
