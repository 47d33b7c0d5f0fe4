import { expect, it } from 'vitest';
import { definitionsOf } from './built-in.ts';

const names = (options: Parameters<typeof definitionsOf>[0]) =>
  definitionsOf(options).map(({ name }) => name);
const folder = { dataDir: 'unused' };

it('starts ZooKeeper before the brokers that need it', () => {
  const options = { services: ['kafka'] as const, kafka: { zookeeper: true, nodes: 2 }, ...folder };
  expect(names(options)).toEqual(['zookeeper', 'kafka-1', 'kafka-2']);
  expect(definitionsOf(options)[1]?.after).toEqual(['zookeeper']);
});

it('says that security needs a Kafka without ZooKeeper', () => {
  const options = {
    services: ['kafka'] as const,
    kafka: { zookeeper: true },
    security: true,
    ...folder,
  } as const;
  expect(() => names(options)).toThrow('security needs a Kafka without ZooKeeper');
});

it('names what there is where a service is unknown', () => {
  const options = { services: ['kafak' as 'kafka'], ...folder };
  expect(() => names(options)).toThrow('there is no built-in service kafak: there are kafka, cassandra');
});
