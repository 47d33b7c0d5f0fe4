import { expect, test } from 'vitest';
import { nodeNames, nodesOf } from './nodes.ts';

test('one node has the name of its service, those of a cluster are numbered', () => {
  expect(nodeNames('kafka', 1)).toEqual(['kafka']);
  expect(nodeNames('kafka', 3)).toEqual(['kafka-1', 'kafka-2', 'kafka-3']);
});

test('the nodes of a service are found in the order of their numbers, without services of a similar name', () => {
  const all = ['kafka-10', 'kafka-ui', 'kafka-2', 'cassandra', 'my-kafka'].map((name) => ({ name }));
  expect(nodesOf('kafka', all)).toEqual([{ name: 'kafka-2' }, { name: 'kafka-10' }]);
  expect(nodesOf('cassandra', all)).toEqual([{ name: 'cassandra' }]);
});
