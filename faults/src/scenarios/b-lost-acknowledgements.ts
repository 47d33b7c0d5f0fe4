import { KafkaClient } from '@sluice/kafka-client';
import { apiKeys, KafkaProxy } from '../kafka-proxy.ts';
import { mulberry32 } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed } from '../until.ts';

/** Of acknowledgements, while not all are lost. */
const lostShare = 0.3;
/** Lost acknowledgements without which nothing was tried. */
const leastLost = 5;

/**
 * The broker takes records, and the connection is cut before it can say so: to the producer of records and to that of dead
 * letters. First some acknowledgements are lost, then all of them, for longer than a producer lives.
 */
export const lostAcknowledgements: Scenario = {
  letter: 'b',
  name: 'lost acknowledgements',
  stack: 'single',
  recoveryLimit: 10,
  async run(world, { outageMs }) {
    const proxy = await KafkaProxy.open(world.services.brokers);
    world.onClose(() => proxy.close());
    const kafka = new KafkaClient({ brokers: proxy.brokers, clientId: 'faults' });
    const load = await world.load({ kafka });
    const poison = await world.load({ kafka, seed: 2 });
    await world.writer({ KAFKA_BROKERS: proxy.brokers.join(',') });
    load.startSteady(300);

    const random = mulberry32(7);
    proxy.fault = { losesAnswer: (apiKey) => apiKey === apiKeys.produce && random() < lostShare };
    const bad = { value: Buffer.from('{"uuid":'), letter: 'bad-json' };
    for (let sent = 0; sent < 20; sent += 1) await poison.send(bad, bad);
    await elapsed(outageMs);
    proxy.fault = {};
    await world.settled();
    const lostByChance = proxy.lostAnswers;
    if (lostByChance < leastLost) throw new Error(`only ${lostByChance} acknowledgements were lost`);

    proxy.fault = { losesAnswer: (apiKey) => apiKey === apiKeys.produce };
    // its requests are repeated for ~15 s; then it is given up for a new one, which sends all of it once more
    await elapsed(2 * outageMs);
    proxy.fault = {};
    const recovery = await world.recovery(load, performance.now());
    if (proxy.lostAnswers - lostByChance < leastLost) throw new Error('the outage lost no acknowledgements');
    return recovery;
  },
};
