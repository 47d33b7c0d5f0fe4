import { expect, it } from 'vitest';
import { chooseSource } from './source.ts';

it('uses the whole address that is configured, and shows it without its secrets', async () => {
  const url = 'http://bob:pw@h/?key=K';
  expect(await chooseSource(url)).toEqual({
    url,
    line: 'source: http://[redacted]@h/?key=[redacted] (SOURCE_URL)',
  });
});
