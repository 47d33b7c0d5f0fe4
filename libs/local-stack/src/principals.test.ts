import { expect, it } from 'vitest';
import { aclBindings, grantStatements, pipelinePrincipals } from './principals.ts';

const principals = pipelinePrincipals({ topic: 'orders', keyspace: 'shop', table: 'orders' });
const named = (name: string) => principals.filter((principal) => principal.name === name);

it('lets a writer read its topic, use its group and write dead letters, and nothing more', () => {
  expect(aclBindings(named('writer'))).toEqual([
    { principal: 'User:writer', resource: 'topic', name: 'orders', operation: 'read' },
    { principal: 'User:writer', resource: 'topic', name: 'orders.dlq', operation: 'write' },
    { principal: 'User:writer', resource: 'group', name: 'stream-writer', operation: 'read' },
  ]);
  expect(grantStatements(named('writer'), { afterMigrate: true })).toEqual([
    'GRANT SELECT ON TABLE "shop"."orders" TO "writer"',
    'GRANT MODIFY ON TABLE "shop"."orders" TO "writer"',
  ]);
  expect(grantStatements(named('writer'), { afterMigrate: false })).toEqual([
    'GRANT SELECT ON TABLE system_views.settings TO "writer"',
  ]);
});

it('lets nobody but migrate create anything', () => {
  const creators = [
    ...aclBindings(principals).flatMap(({ principal, operation }) =>
      ['create', 'alter', 'delete', 'all'].includes(operation) ? [principal] : [],
    ),
    ...principals
      .filter(({ cassandra }) => cassandra.some(({ permission }) => permission === 'CREATE'))
      .map(({ name }) => `User:${name}`),
  ];
  expect(new Set(creators)).toEqual(new Set(['User:migrate']));
});

it('lets the producer do nothing in Cassandra', () => {
  expect(grantStatements(named('producer'), { afterMigrate: true })).toEqual([]);
});
