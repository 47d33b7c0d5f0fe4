import { describe, expect, test } from 'vitest';
import { OPERATOR_TOKEN, VIEWER_TOKEN } from '../pipeline.ts';
import { screenshot } from '../screenshots.ts';
import { figure, operator, pipeline, viewer } from '../world.ts';

describe('the flow', () => {
  test('the figures move while records are sent', async () => {
    await operator.go('/');
    await operator.heading('Overview').waitFor();
    pipeline.startProducer();
    await expect.poll(() => figure('Source', 'Sends'), { timeout: 30_000 }).toBeGreaterThan(0);
    await expect.poll(() => figure('Writers', 'Lag'), { timeout: 30_000 }).toBeLessThan(100);
    await expect.poll(() => figure('Table', 'Rows'), { timeout: 30_000 }).toBeGreaterThan(0);
    const before = await figure('Topic', 'Records');
    await expect.poll(() => figure('Topic', 'Records'), { timeout: 10_000 }).toBeGreaterThan(before);
    await expect.poll(() => operator.page.locator('.chart-plot canvas').count()).toBeGreaterThan(3);
    await screenshot(operator.page, 'overview');
    await operator.page.setViewportSize({ width: 390, height: 844 });
    await screenshot(operator.page, 'overview-390');
    await operator.page.setViewportSize({ width: 1280, height: 900 });
  });

  test('each box leads to its page', async () => {
    for (const [box, title] of [
      ['Topic', pipeline.topic],
      ['Writers', pipeline.group],
      ['Table', 'Users'],
      ['Dead letters', 'Dead letters'],
      ['Source', 'Health'],
    ] as const) {
      await operator.go('/');
      await operator.page.locator('a.flow-box', { hasText: new RegExp(`^${box}`) }).click();
      await operator.heading(title).waitFor();
    }
  });

  test('of a killed writer the lag grows and its absence is named', async () => {
    await operator.go('/');
    await pipeline.stopWriter('SIGKILL');
    const writers = operator.page.locator('.flow-box', { hasText: 'Writers' });
    await writers.getByText('not running').waitFor({ timeout: 60_000 });
    const lag = await figure('Writers', 'Lag');
    await expect.poll(() => figure('Writers', 'Lag'), { timeout: 20_000 }).toBeGreaterThan(lag + 20);
    await screenshot(operator.page, 'overview-writer-killed');
    pipeline.startWriter();
    await writers.getByText('not running').waitFor({ state: 'detached', timeout: 60_000 });
    await expect.poll(() => figure('Writers', 'Lag'), { timeout: 90_000 }).toBeLessThan(100);
  });

  test('a lost connection is shown and mends itself', async () => {
    await pipeline.stopConsole();
    await operator.page.getByText('Connection lost').waitFor();
    await operator.page.getByText('The console’s server does not answer').waitFor();
    await screenshot(operator.page, 'connection-lost');
    await pipeline.startConsole();
    // Sessions may not outlive the server; the tokens do.
    await Promise.race([
      operator.page.getByText('Live', { exact: true }).waitFor(),
      operator.page.getByRole('textbox', { name: 'Token' }).waitFor(),
    ]);
    await operator.signInAgain(OPERATOR_TOKEN);
    await viewer.signInAgain(VIEWER_TOKEN);
    await operator.page.getByText('Live', { exact: true }).waitFor();
    operator.complaints.length = 0;
    viewer.complaints.length = 0;
  });
});
