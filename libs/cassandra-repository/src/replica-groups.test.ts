import { expect, test } from 'vitest';
import { partitionKeyBytes, ReplicaGroups, type Ring } from './replica-groups.ts';

const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => ({ address }));

function ring(nodes: number, byKey: Record<string, { address: string }[]>): Ring {
  return { hosts: { length: nodes }, getReplicas: (_, key) => byKey[key.toString()] ?? null };
}

const key = (text: string) => Buffer.from(text);

test('tells partitions on the same nodes, however the ring orders them, from others', () => {
  const groups = new ReplicaGroups(ring(3, { w: [a!, b!], x: [b!, a!], y: [b!, c!], z: [c!, b!] }), 'ks');
  expect(groups.allShared(key('w'))).toBe(false);
  expect(groups.of(key('w'))).toBe(groups.of(key('x')));
  expect(groups.of(key('y'))).toBe(groups.of(key('z')));
  expect(groups.of(key('w'))).not.toBe(groups.of(key('y')));
});

test('lets all rows share where every node has a copy, there is one node, or the keyspace is unknown', () => {
  expect(new ReplicaGroups(ring(3, { w: [a!, b!, c!] }), 'ks').allShared(key('w'))).toBe(true);
  expect(new ReplicaGroups(ring(1, {}), 'ks').allShared(key('w'))).toBe(true);
  expect(new ReplicaGroups(ring(3, {}), 'ks').allShared(key('w'))).toBe(true);
});

test('lays out a partition key of several columns as the partitioner hashes it', () => {
  expect(partitionKeyBytes([key('ab')]).toString('latin1')).toBe('ab');
  expect(partitionKeyBytes([key('ab'), key('')]).toString('latin1')).toBe('\0\x02ab\0\0\0\0');
});
