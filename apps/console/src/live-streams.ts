import type { ByPartition } from '@sluice/kafka-client';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Guard } from './access/guard.ts';
import type { LiveEvents } from './contract/live.ts';
import { type TailEvent, TailQuery, TopicParams } from './contract/topics.ts';
import { knownTopic } from './known-topic.ts';
import { ConsoleError } from './problem.ts';
import type { Services } from './services.ts';
import { TopicMessages } from './topic-messages.ts';

/** Streams open at a time: each costs a connection, and a tail reads. */
const maxStreams = 100;
/** Bytes that wait for a slow browser, after which its stream is ended: it connects again. */
const maxWaitingBytes = 4 * 1024 * 1024;
const heartbeatMs = 15_000;
const tailMs = 1_000;
/** Messages in one event of a tail; of more the newest are sent. */
const tailMessages = 100;

/** Server-sent events: figures and tasks as they change, and the live tail of a topic. */
export class LiveStreams {
  readonly #services: Services;
  readonly #guard: Guard;
  readonly #messages: TopicMessages;
  readonly #open = new Set<Stream>();

  constructor(services: Services, guard: Guard) {
    this.#services = services;
    this.#guard = guard;
    const { servers, messages } = services;
    this.#messages = new TopicMessages(servers.cluster, servers.kafka, messages);
  }

  get viewers(): number {
    return this.#open.size;
  }

  add(app: FastifyInstance): void {
    const hidden = { hide: true };
    app.get('/api/live', { schema: hidden }, (request, reply) => this.#live(request, reply));
    app.get<{ Params: TopicParams; Querystring: TailQuery }>(
      '/api/topics/:topic/tail',
      { schema: { ...hidden, params: TopicParams, querystring: TailQuery } },
      (request, reply) => this.#tail(request, reply, request.params.topic, request.query.partition),
    );
    app.addHook('preClose', async () => {
      for (const stream of this.#open) stream.end();
    });
  }

  async #live(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { sampler, tasks } = this.#services;
    const stream = this.#begin(request, reply);
    const send = <Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]) => {
      stream.send(name, data);
    };
    const stopped = [
      sampler.onOverview((overview) => {
        // a session that ended must not go on seeing
        if (this.#guard.viewerOf(request)) send('overview', overview);
        else {
          send('session-over', {});
          stream.end();
        }
      }),
      tasks.onChange((task) => {
        send('task', task);
      }),
    ];
    stream.onEnd(() => {
      for (const stop of stopped) stop();
    });
    for (const task of tasks.list()) if (task.state === 'running') send('task', task);
    await sampler.overview().then(
      (overview) => {
        send('overview', overview);
      },
      () => undefined,
    );
  }

  async #tail(
    request: FastifyRequest,
    reply: FastifyReply,
    topic: string,
    partition: number | undefined,
  ): Promise<void> {
    const ends = async () => (await this.#ends(topic)).get(topic) ?? new Map<number, number>();
    let position = new Map(await ends());
    const stream = this.#begin(request, reply);
    const look = async () => {
      const now = await ends();
      const news = [...now].filter(([number]) => partition === undefined || number === partition);
      const ranges = new Map<number, { from: number; to: number }>();
      const share = Math.max(1, Math.floor(tailMessages / Math.max(1, news.length)));
      let came = 0;
      for (const [number, to] of news) {
        const since = position.get(number) ?? 0;
        if (to <= since) continue;
        came += to - since;
        ranges.set(number, { from: Math.max(since, to - share), to });
      }
      position = new Map(now);
      if (ranges.size === 0) return;
      const messages = await this.#messages.between(topic, ranges);
      const event: TailEvent = { messages, skipped: Math.max(0, came - messages.length) };
      stream.send('messages', event);
    };
    let isLooking = false;
    const timer = setInterval(() => {
      if (isLooking) return;
      if (!this.#guard.viewerOf(request)) {
        stream.end();
        return;
      }
      isLooking = true;
      // the browser connects again, and is then told what is wrong
      look()
        .catch(() => {
          stream.end();
        })
        .finally(() => (isLooking = false));
    }, tailMs);
    stream.onEnd(() => {
      clearInterval(timer);
    });
    stream.send('messages', { messages: [], skipped: 0 } satisfies TailEvent);
  }

  #ends(topic: string): Promise<ByPartition<number>> {
    return this.#services.servers.cluster.use(async (inspector) =>
      inspector.ends(await knownTopic(inspector, topic)),
    );
  }

  #begin(request: FastifyRequest, reply: FastifyReply): Stream {
    if (this.#open.size >= maxStreams)
      throw new ConsoleError('too many pages are open', {
        status: 503,
        code: 'too-many-streams',
        action: 'Close some of them.',
      });
    const stream = new Stream(request, reply);
    this.#open.add(stream);
    stream.onEnd(() => this.#open.delete(stream));
    return stream;
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
class Stream {
  readonly #reply: FastifyReply;
  readonly #atEnd: (() => void)[] = [];
  #isOver = false;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.#reply = reply;
    reply.hijack();
    const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
    reply.raw.writeHead(200, {
      ...(Object.fromEntries(headers) as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    reply.raw.write('retry: 1000\n\n');
    const heartbeat = setInterval(() => reply.raw.write(':\n\n'), heartbeatMs);
    this.onEnd(() => {
      clearInterval(heartbeat);
    });
    request.raw.once('close', () => {
      this.end();
    });
    reply.raw.once('error', () => {
      this.end();
    });
  }

  send(event: string, data: unknown): void {
    if (this.#isOver) return;
    this.#reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (this.#reply.raw.writableLength > maxWaitingBytes) this.end();
  }

  onEnd(callback: () => void): void {
    this.#atEnd.push(callback);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const callback of this.#atEnd) callback();
    this.#reply.raw.end();
  }
}
