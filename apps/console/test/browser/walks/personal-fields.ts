import { describe, expect, test } from 'vitest';
import { screenshot } from '../screenshots.ts';
import { operator } from '../world.ts';

describe('personal fields', () => {
  test('are masked until an operator reveals them, which is written down', async () => {
    const { page } = operator;
    await operator.go('/users');
    await page.getByRole('table', { name: 'Users' }).getByRole('button').first().click();
    const row = page.getByRole('table', { name: 'Columns of the row' });
    await row.waitFor();
    expect(await row.getByRole('img', { name: 'masked' }).count()).toBeGreaterThan(3);
    await screenshot(page, 'users');
    await page.getByRole('button', { name: 'Reveal personal fields' }).click();
    await page.getByText('Personal fields are shown').waitFor();
    expect(await row.getByRole('img', { name: 'masked' }).count()).toBe(0);
    await screenshot(page, 'users-revealed');
    await operator.go('/changes');
    await page.getByRole('cell', { name: 'user-reveal' }).first().waitFor();
  });
});
