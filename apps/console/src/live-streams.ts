import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Guard } from './access/guard.ts';
import type { Viewer } from './access/sessions.ts';
import type { LiveEvents } from './contract/live.ts';
import { type TailEvent, TailQuery, TopicParams } from './contract/topics.ts';
import { knownTopic } from './known-topic.ts';
import { ConsoleError } from './problem.ts';
import type { Services } from './services.ts';
import type { TopicMessages } from './topic-messages.ts';

/** Streams open at a time: each costs a connection, and a tail reads. */
const maxStreams = 100;
/** Of one session, so that none takes them all: pages that are open in one browser have one or two each. */
export const maxSessionStreams = 20;
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
    this.#messages = services.topicMessages;
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
    if (!stream) return;
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
    const isShown = (number: number) => partition === undefined || number === partition;
    const first = await this.#ends(topic);
    let position = first.ends;
    let shownHeld = heldIn(first, isShown);
    const stream = this.#begin(request, reply);
    if (!stream) return;
    const look = async () => {
      const { ends: now, highs } = await this.#ends(topic);
      const held = heldIn({ ends: now, highs }, isShown);
      const news = [...now].filter(([number]) => isShown(number));
      const ranges = new Map<number, { from: number; to: number }>();
      const share = Math.max(1, Math.floor(tailMessages / Math.max(1, news.length)));
      let skipped = 0;
      for (const [number, to] of news) {
        const since = position.get(number) ?? 0;
        if (to <= since) continue;
        const from = Math.max(since, to - share);
        skipped += from - since;
        ranges.set(number, { from, to });
      }
      position = now;
      if (ranges.size === 0 && held === shownHeld) return;
      shownHeld = held;
      const messages = ranges.size === 0 ? [] : await this.#messages.between(topic, ranges, left.signal);
      stream.send('messages', { messages, skipped, held } satisfies TailEvent);
    };
    let isLooking = false;
    const left = new AbortController();
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
      left.abort();
    });
    stream.send('messages', { messages: [], skipped: 0, held: shownHeld } satisfies TailEvent);
  }

  #ends(topic: string): Promise<Ends> {
    return this.#services.servers.cluster.use(async (inspector) => {
      const topics = await knownTopic(inspector, topic);
      const [ends, highs] = await Promise.all([inspector.ends(topics), inspector.highWatermarks(topics)]);
      return { ends: ends.get(topic) ?? new Map(), highs: highs.get(topic) ?? new Map() };
    });
  }

  /** Undefined where the browser has left: a connection that is closed already never says so again. */
  #begin(request: FastifyRequest, reply: FastifyReply): Stream | undefined {
    if (reply.raw.destroyed || request.raw.socket.destroyed) {
      reply.hijack();
      return undefined;
    }
    const { viewer } = request;
    const ofSession = [...this.#open].filter((stream) => stream.viewer === viewer).length;
    if (this.#open.size >= maxStreams || ofSession >= maxSessionStreams)
      throw new ConsoleError('too many pages are open', {
        status: 503,
        code: 'too-many-streams',
        action: 'Close some of them.',
      });
    const stream = new Stream(viewer, reply);
    this.#open.add(stream);
    stream.onEnd(() => this.#open.delete(stream));
    return stream;
  }
}

/** Last stable offsets and high watermarks, by partition. */
interface Ends {
  readonly ends: ReadonlyMap<number, number>;
  readonly highs: ReadonlyMap<number, number>;
}

function heldIn({ ends, highs }: Ends, isShown: (partition: number) => boolean): number {
  let held = 0;
  for (const [partition, end] of ends)
    if (isShown(partition)) held += Math.max(0, (highs.get(partition) ?? end) - end);
  return held;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
class Stream {
  /** The same object for every request of a session. */
  readonly viewer: Viewer | undefined;
  readonly #reply: FastifyReply;
  readonly #atEnd: (() => void)[] = [];
  #isOver = false;

  constructor(viewer: Viewer | undefined, reply: FastifyReply) {
    this.viewer = viewer;
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
    reply.raw.once('close', () => {
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
