import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FOLDER } from './compose-files.ts';
import { type Stack, until } from './stack.ts';

const MINUTE = 60_000;
const HEADERS = { 'content-type': 'application/json', 'x-sluice-console': '1' };

interface ResetPlan {
  readonly blocked: string | null;
  readonly rereads: number;
  readonly applied: boolean;
  readonly partitions: readonly { partition: number; committed: string | null; to: string }[];
}

interface Task {
  readonly id: string;
  readonly state: string;
  readonly redrive: { readonly sent: number } | null;
  readonly audit: { readonly ok: boolean } | null;
}

/** Whoever holds one of the console's tokens. */
class Console {
  readonly #url: string;
  #cookie = '';

  private constructor(url: string) {
    this.#url = url;
  }

  static async login(url: string, role: 'viewer' | 'operator'): Promise<Console> {
    const client = new Console(url);
    const token = (await readFile(join(FOLDER, 'secrets', `console-${role}`), 'utf8')).trim();
    const answer = await client.send('POST', '/api/session', { token });
    client.#cookie = answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
    return client;
  }

  send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: { ...HEADERS, cookie: this.#cookie },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async ask<T>(path: string, body?: object): Promise<T> {
    const answer = await this.send(body ? 'POST' : 'GET', path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the console answers ${path} with ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** What a task has come to. */
  async done(id: string): Promise<Task> {
    const task = await until(`the end of task ${id}`, 2 * MINUTE, async () => {
      const found = await this.ask<Task>(`/api/tasks/${id}`);
      return found.state !== 'running' && found;
    });
    if (task.state !== 'done') throw new Error(JSON.stringify(task));
    return task;
  }
}

const urlOf = (stack: Stack) => `http://127.0.0.1:${stack.ports.SLUICE_CONSOLE_PORT}`;

/** It reaches all servers with what its users may, and lets nobody in without a token. */
export async function consoleShows(stack: Stack): Promise<void> {
  const { status } = await fetch(`${urlOf(stack)}/api/overview`);
  if (status !== 401) throw new Error(`without a token it answers ${status}`);
  const page = await (await fetch(urlOf(stack))).text();
  if (!page.includes('<script')) throw new Error(`its page is ${page.slice(0, 200)}`);
  const viewer = await Console.login(urlOf(stack), 'viewer');
  await until('an overview without a problem', MINUTE, async () => {
    const parts = Object.values(await viewer.ask<Record<string, unknown>>('/api/overview'));
    const problems = parts.flatMap((part) => (isPart(part) && part.problem !== null ? [part.problem] : []));
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    return parts.some(isPart);
  });
  const health =
    await viewer.ask<Record<'kafka' | 'registry' | 'cassandra', { problem: unknown }>>('/api/health');
  const { kafka, registry, cassandra } = health;
  if ([kafka, registry, cassandra].some(({ problem }) => problem !== null))
    throw new Error(JSON.stringify({ kafka, registry, cassandra }));
  const refused = await viewer.send('POST', '/api/audits', { confirm: true });
  if (refused.status !== 403) throw new Error(`a viewer's audit is answered with ${refused.status}`);
}

/** A redrive, a reset of the writer's group and an audit: all that needs more than to read. */
export async function consoleMends(stack: Stack): Promise<void> {
  const operator = await Console.login(urlOf(stack), 'operator');
  const letters = async () => (await operator.ask<{ letters: number }>('/api/dead-letters')).letters;
  await stack.compose(['stop', 'producer']);

  const before = await letters();
  await sendBroken(stack);
  await until('a dead letter', MINUTE, async () => (await letters()) > before);
  const redrive = { dryRun: false, confirm: true };
  const sent = await operator.done((await operator.ask<Task>('/api/dead-letters/redrive', redrive)).id);
  if (!sent.redrive || sent.redrive.sent < 1) throw new Error(JSON.stringify(sent));

  await stack.compose(['stop', 'stream-writer']);
  const reset = { topic: 'user_records', to: { kind: 'earliest' } };
  const address = '/api/groups/stream-writer/reset';
  const plan = await until('a group without members', MINUTE, async () => {
    const found = await operator.ask<ResetPlan>(`${address}/preview`, reset);
    return found.blocked === null && found;
  });
  const expected = plan.partitions.map(({ partition, committed, to }) => ({ partition, committed, to }));
  const applied = await operator.ask<ResetPlan>(address, { ...reset, expected, confirm: true });
  if (!applied.applied || applied.rereads === 0) throw new Error(JSON.stringify(applied));

  await stack.compose(['start', 'stream-writer']);
  await until('the writer at the end of the topic', 2 * MINUTE, async () => {
    const { summary } = await operator.ask<{ summary: { lag: number | null } }>('/api/groups/stream-writer');
    return summary.lag === 0;
  });
  const audited = await operator.done((await operator.ask<Task>('/api/audits', { confirm: true })).id);
  if (audited.audit?.ok !== true) throw new Error(JSON.stringify(audited));
  await stack.up();
}

/** A record that is no JSON, from a program that Kafka trusts. */
async function sendBroken(stack: Stack): Promise<void> {
  const settings = [
    ...['security.protocol=SSL', 'ssl.keystore.type=PEM', 'ssl.keystore.location=/run/secrets/kafka.pem'],
    ...['ssl.truststore.type=PEM', 'ssl.truststore.location=/run/secrets/ca'],
  ];
  const send = `cd /tmp && printf '%s\\n' ${settings.join(' ')} > client.properties && echo broken | KAFKA_HEAP_OPTS=-Xmx96m /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9091 --command-config client.properties --topic user_records`;
  await stack.compose(['exec', '-T', 'kafka', 'bash', '-c', send]);
}

function isPart(value: unknown): value is { readonly state: string; readonly problem: unknown } {
  return typeof value === 'object' && value !== null && 'state' in value && 'problem' in value;
}
