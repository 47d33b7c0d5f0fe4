import { describe, expect, test } from 'vitest';
import { screenshot } from '../screenshots.ts';
import { figure, operator } from '../world.ts';

describe('audit', () => {
  test('an audit runs to its result', async () => {
    const { page } = operator;
    await operator.go('/');
    await expect.poll(() => figure('Writers', 'Lag'), { timeout: 60_000 }).toBe(0);
    await operator.go('/audit');
    await page.getByRole('button', { name: 'Start an audit' }).click();
    await page.getByRole('dialog').waitFor();
    await screenshot(page, 'audit-confirmation');
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
    await page.getByText('Nothing is lost, nothing is wrong').waitFor({ timeout: 90_000 });
    await screenshot(page, 'audit-run');
  });
});
