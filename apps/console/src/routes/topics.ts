import type { Handlers } from '../handlers.ts';
import { conflict } from '../problem.ts';
import type { Services } from '../services.ts';
import { Tracer } from '../trace.ts';

export function topicRoutes(
  services: Services,
): Handlers<
  | 'GET /api/topics'
  | 'GET /api/topics/:topic'
  | 'POST /api/topics/:topic/messages'
  | 'POST /api/topics/:topic/message'
  | 'POST /api/topics/:topic/trace'
> {
  const { topics, config, topicMessages: messages } = services;
  const tracer = new Tracer(services);
  return {
    'GET /api/topics': () => topics.list(),
    'GET /api/topics/:topic': ({ params: { topic } }) => topics.details(topic),
    'POST /api/topics/:topic/messages': ({ params: { topic }, body }, { record, signal }) => {
      const read = () => messages.page(topic, body, signal);
      // what was looked for may be personal
      return body.reveal ? record('messages-reveal', { topic, from: body.from.kind }, read) : read();
    },
    'POST /api/topics/:topic/message': ({ params: { topic }, body }, { record }) => {
      const { partition, offset, full = false, reveal = false } = body;
      const read = () => messages.one(topic, partition, offset, { size: full ? 'full' : 'one', reveal });
      return reveal ? record('message-reveal', { topic, partition, offset }, read) : read();
    },
    'POST /api/topics/:topic/trace': async ({ params: { topic }, body: { partition, offset } }) => {
      if (topic === config.KAFKA_TOPIC) return tracer.trace(partition, offset);
      throw conflict(
        'not-the-pipeline',
        `records of ${topic} do not go to the table`,
        `Only those of ${config.KAFKA_TOPIC} do.`,
      );
    },
  };
}
