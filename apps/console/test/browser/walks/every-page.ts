import { describe, expect, test } from 'vitest';
import { overflow, seriousFindings } from '../judge.ts';
import { areas, settled } from '../pages.ts';
import { screenshot } from '../screenshots.ts';
import { operator, pipeline } from '../world.ts';

describe.each(areas)('the page $name', ({ name, path, ready }) => {
  const address = () => path(pipeline);

  test.each(['light', 'dark'] as const)('has nothing that axe finds serious, %s', async (theme) => {
    const { page } = operator;
    await page.emulateMedia({ colorScheme: theme });
    await operator.go(address());
    await settled(page, ready);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, theme === 'light' ? name : `${name}-dark`);
  });

  test.each([390, 1280, 1920])('fits into %i pixels', async (width) => {
    const { page } = operator;
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width, height: 900 });
    await operator.go(address());
    await settled(page, ready);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    if (width === 390) await screenshot(page, `${name}-390`);
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

test('the navigation of a phone opens, leads on and closes', async () => {
  const { page } = operator;
  await page.setViewportSize({ width: 390, height: 844 });
  await operator.go('/');
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  const link = page.getByRole('link', { name: 'Changes' });
  await link.waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await screenshot(page, 'navigation');
  await page.setViewportSize({ width: 390, height: 844 });
  await link.click();
  await operator.heading('Changes').waitFor();
  await expect.poll(() => link.isVisible()).toBe(false);
  await page.setViewportSize({ width: 1280, height: 900 });
});

test('the menu of the session tells who is signed in', async () => {
  const { page } = operator;
  await operator.go('/');
  await page.getByRole('button', { name: 'Signed in as operator' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await screenshot(page, 'session-menu');
});

test('a schema is checked without being registered', async () => {
  const { page } = operator;
  await operator.go(`/schemas/${pipeline.topic}-value?tab=check`);
  await page.getByRole('button', { name: 'Begin with the newest version' }).click();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('It could be the next version').waitFor();
  await screenshot(page, 'schema-check-good');
  await page
    .getByRole('textbox', { name: 'Schema' })
    .fill('{"type":"record","name":"Other","fields":[{"name":"x","type":"int"}]}');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('It cannot be the next version').waitFor();
  await screenshot(page, 'schema-check-bad');
});

test.each(['/topics/some/0/first', '/dead-letters/0/-1'])(
  '%s, which is no offset, is no page',
  async (path) => {
    await operator.go(path);
    await operator.heading('There is no such page').waitFor();
  },
);
