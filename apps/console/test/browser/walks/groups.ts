import { describe, expect, test } from 'vitest';
import { seriousFindings } from '../judge.ts';
import { screenshot } from '../screenshots.ts';
import { operator, pipeline } from '../world.ts';

describe('groups', () => {
  test('a reset is previewed, and refused while members run', async () => {
    const { page } = operator;
    await operator.go(`/groups/${pipeline.group}`);
    await page.getByRole('button', { name: 'Reset offsets' }).click();
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('It cannot be done now').waitFor();
    expect(await page.getByRole('button', { name: 'Reset the offsets' }).count()).toBe(0);
    await screenshot(page, 'group-reset-refused');
  });

  test('a stopped group is reset and reads again', async () => {
    const { page } = operator;
    await pipeline.stopWriter();
    await operator.go(`/groups/${pipeline.group}`);
    await page.getByText('Empty', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Reset offsets' }).click();
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('read again').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'group-reset');
    await page.getByRole('button', { name: 'Reset the offsets' }).click();
    await page.getByText('The offsets are reset').waitFor();
    await screenshot(page, 'group-reset-done');
    pipeline.startWriter();
    await page.keyboard.press('Escape');
    await page.getByText('Stable', { exact: true }).waitFor({ timeout: 60_000 });
  });
});
