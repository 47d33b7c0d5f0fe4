import { expect, it } from 'vitest';
import { type CassandraOptions, CassandraSession } from './index.ts';

it.each([
  ['no localDataCenter', { contactPoints: ['127.0.0.1'] }, /^localDataCenter is missing/],
  [
    'contactPoints as a text',
    { contactPoints: '127.0.0.1', localDataCenter: 'dc1' },
    /^contactPoints has to be/,
  ],
  ['no contact point', { contactPoints: [], localDataCenter: 'dc1' }, /^contactPoints has to be/],
])('%s fails at once, by the name of the option', async (_what, options, message) => {
  await expect(
    CassandraSession.connect({ ...options, port: 1 } as unknown as CassandraOptions),
  ).rejects.toMatchObject({
    code: 'bad-option',
    retryable: false,
    message: expect.stringMatching(message) as string,
  });
});
