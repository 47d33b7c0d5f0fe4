import { describe, expect, test } from 'vitest';
import { longestPause } from '../judge.ts';
import { screenshot } from '../screenshots.ts';
import { operator, pipeline } from '../world.ts';

describe('content of records', () => {
  const script = '<img src=x onerror="document.title=\'hit\'"><script>document.title="hit"</script>';

  test('HTML in keys, values and headers is shown as text', async () => {
    const { page } = operator;
    const topic = await pipeline.createTopic('hostile', 1);
    const record = {
      key: Buffer.from(script),
      value: Buffer.from(JSON.stringify({ name: script, big: 1 }).replace('1}', '9007199254740993}')),
      headers: [[script, Buffer.from(script)] as const],
    };
    await pipeline.send(topic, [record, { key: null, value: Buffer.from([0xff, 0xfe, 0x00, 0x80]) }]);
    await operator.go(`/topics/${topic}?tab=messages`);
    await page.getByRole('link', { name: '0 / 0', exact: true }).click();
    await page.getByRole('region', { name: 'Value' }).waitFor();
    expect(await page.getByRole('region', { name: 'Key' }).innerText()).toBe('•••');
    await page.getByRole('button', { name: 'Reveal personal fields' }).click();
    await page.getByText('9007199254740993').waitFor();
    expect(await page.getByRole('region', { name: 'Value' }).innerText()).toContain('9007199254740993');
    expect(await page.getByRole('region', { name: 'Key' }).innerText()).toContain('<img src=x');
    expect(await page.title()).not.toBe('hit');
    await screenshot(page, 'message-hostile');
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText(/Not decoded/).waitFor();
    await page.getByRole('button', { name: 'Reveal personal fields' }).click();
    await page.getByText(/Shown as bytes/).waitFor();
    expect(await page.getByRole('region', { name: 'Value' }).innerText()).toContain('ff fe 00 80');
    await screenshot(page, 'message-bytes');
  });

  test('a message of 5 MB does not freeze the page', async () => {
    const { page } = operator;
    const topic = await pipeline.createTopic('large', 1);
    const value = JSON.stringify({
      lines: Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'x'.repeat(70)}`),
    });
    await pipeline.send(topic, [{ key: Buffer.from('large'), value: Buffer.from(value) }]);
    await operator.go(`/topics/${topic}/0/0`);
    await page.getByRole('button', { name: 'Reveal personal fields' }).click();
    await page.getByRole('button', { name: 'Load all of it' }).waitFor();
    await screenshot(page, 'message-cut');
    const pause = await longestPause(page, async () => {
      await page.getByRole('button', { name: 'Load all of it' }).click();
      await page.getByRole('button', { name: 'Load all of it' }).waitFor({ state: 'detached' });
    });
    console.log(`a message of ${(value.length / 1e6).toFixed(1)} MB: longest pause ${pause} ms`);
    expect(pause).toBeLessThan(2_000);
    expect(await page.getByRole('region', { name: 'Value' }).textContent()).toContain('line 59999');
  });
});
