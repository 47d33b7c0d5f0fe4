import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalStackError } from './errors.ts';
import { createWhole, readIfThere, removeIf, replaceWhole } from './lock.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** A started service, as the state file keeps it. */
export interface ServiceRecord extends ProcessIdentity {
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Names of the services that it needs, which are stopped after it. */
  readonly after?: readonly string[];
  /** What its clients have to know beside address and port. */
  readonly details?: Readonly<Record<string, string>>;
}

/** What the state file holds, from before the first process is started until after the last has ended. */
export interface StackRecord {
  readonly format: 1;
  /** The process that called startStack. */
  readonly owner: ProcessIdentity;
  readonly detached: boolean;
  readonly ready: boolean;
  readonly services: readonly ServiceRecord[];
}

/**
 * owned: its owner is alive and answers for it. background: up, and on its own.
 * crashed: neither, whatever still runs of it is a leftover.
 */
export type Standing = 'owned' | 'background' | 'crashed';

export function standing(record: StackRecord): Standing {
  const onItsOwn = record.detached && record.ready;
  if (!onItsOwn) return isRunning(record.owner) ? 'owned' : 'crashed';
  return record.services.every(isRunning) ? 'background' : 'crashed';
}

function statePath(dataDir: string): string {
  return join(dataDir, 'stack.json');
}

export async function readRecord(dataDir: string): Promise<StackRecord | undefined> {
  const text = await readIfThere(statePath(dataDir));
  return text === undefined ? undefined : parse(text, dataDir);
}

/** Takes the folder for a new stack; false when another stack has it. */
export async function claim(dataDir: string, detached: boolean): Promise<StateFile | undefined> {
  await mkdir(dataDir, { recursive: true });
  const owner = identify(process.pid);
  if (owner === undefined) throw new Error('this process has no identity');
  const record: StackRecord = { format: 1, owner, detached, ready: false, services: [] };
  const created = await createWhole(statePath(dataDir), JSON.stringify(record));
  return created ? new StateFile(dataDir, record) : undefined;
}

/** Gives a folder back whose stack has ended. A newer stack's claim is left alone. */
export async function discard(dataDir: string, record: StackRecord): Promise<void> {
  await removeIf(statePath(dataDir), JSON.stringify(record));
}

/** The state file of a stack that this process is starting. */
export class StateFile {
  readonly #dataDir: string;
  #record: StackRecord;
  #written: Promise<void> = Promise.resolve();

  constructor(dataDir: string, record: StackRecord) {
    this.#dataDir = dataDir;
    this.#record = record;
  }

  get record(): StackRecord {
    return this.#record;
  }

  /** Adds a service, in the place of the one of that name where there is one. */
  put(service: ServiceRecord): Promise<void> {
    const { services } = this.#record;
    const index = services.findIndex(({ name }) => name === service.name);
    return this.#write({
      ...this.#record,
      services: index < 0 ? [...services, service] : services.with(index, service),
    });
  }

  markReady(): Promise<void> {
    return this.#write({ ...this.#record, ready: true });
  }

  /** Gives the folder back: its services have ended. */
  async discard(): Promise<void> {
    await this.#written;
    await discard(this.#dataDir, this.#record);
  }

  #write(record: StackRecord): Promise<void> {
    this.#record = record;
    // One after another: services start in parallel, and the last write must be the newest.
    this.#written = this.#written.then(() => replaceWhole(statePath(this.#dataDir), JSON.stringify(record)));
    return this.#written;
  }
}

function parse(text: string, dataDir: string): StackRecord {
  try {
    const record = JSON.parse(text) as StackRecord | null;
    if (record?.format === 1 && isProcess(record.owner) && record.services.every(isProcess)) return record;
  } catch (cause) {
    throw unreadable(dataDir, cause);
  }
  throw unreadable(dataDir);
}

function isProcess(value: ProcessIdentity): boolean {
  return Number.isInteger(value.pid) && typeof value.startedAt === 'string';
}

function unreadable(dataDir: string, cause?: unknown): LocalStackError {
  return new LocalStackError(
    'state-unreadable',
    `${statePath(dataDir)} is not a state file of this version: end the services it names, delete it and start again`,
    { cause },
  );
}
