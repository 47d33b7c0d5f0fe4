import { expect, it } from 'vitest';
import { isAllowedHost } from './allowed-hosts.ts';

it.each([
  ...['127.0.0.1', '127.0.0.1:9464', '10.1.2.3:80', '[::1]', '[::1]:9464', '[fe80::1%eth0]:1'],
  ...['localhost', 'localhost:1', 'LocalHost.', 'a.localhost:3', 'producer', 'Producer:9464', 'producer.'],
  ...['', undefined],
])('allows %s', (host) => {
  expect(isAllowedHost(host, ['producer'])).toBe(true);
});

it.each([
  ...[
    'evil.example',
    'evil.example:9464',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'notlocalhost',
  ],
  ...[
    'producer.evil.example',
    'a@localhost',
    'evil.example@127.0.0.1',
    '::1',
    '[evil.example]',
    'localhost:x',
    ':1',
  ],
])('refuses %s', (host) => {
  expect(isAllowedHost(host, ['producer'])).toBe(false);
});
