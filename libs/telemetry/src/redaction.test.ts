import { expect, it } from 'vitest';
import { redactUrls } from './redaction.ts';

it.each([
  ['http://bob:pw@h/?key=K', 'http://[redacted]@h/?key=[redacted]'],
  ['https://token@h:8081/a/b', 'https://[redacted]@h:8081/a/b'],
  ['http://bob:p@w@h', 'http://[redacted]@h'],
  ['http://h/a?K', 'http://h/a?[redacted]'],
  ['http://h/?a=1&key=K&b=#K', 'http://h/?a=[redacted]&key=[redacted]&b=#[redacted]'],
  ['http://h/#access_token=K', 'http://h/#access_token=[redacted]'],
  ['http://a:K@h1:1,http://b:K@h2/?x=K', 'http://[redacted]@h1:1,http://[redacted]@h2/?x=[redacted]'],
  [
    'GET "http://a:K@h/?x=K" failed: see http://h/?y=K now',
    'GET "http://[redacted]@h/?x=[redacted]" failed: see http://h/?y=[redacted] now',
  ],
  ['postgresql+psycopg2://airflow:K@db/airflow', 'postgresql+psycopg2://[redacted]@db/airflow'],
])('%s is shown as %s', (text, shown) => {
  expect(redactUrls(text)).toBe(shown);
});

it.each(['http://127.0.0.1:8081/subjects', 'who? me@example.org = ann', 'file:///a/b.ts:1:2', '50% // done'])(
  '%s is shown as it is',
  (text) => {
    expect(redactUrls(text)).toBe(text);
  },
);

it('takes linear time on any text', () => {
  const size = 300_000;
  const started = performance.now();
  for (const part of ['/', '//a', 'a:', '//@', '//a?b=', '?', '//a?&', 'http://a.'])
    redactUrls(`//${part.repeat(size / part.length)}`);
  // a second at the least where a pattern begins again at each character
  expect(performance.now() - started).toBeLessThan(1_000);
});
