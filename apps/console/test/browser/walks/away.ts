import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Visitor } from '../browser.ts';
import { overflow, seriousFindings } from '../judge.ts';
import { OPERATOR_TOKEN } from '../pipeline.ts';
import { screenshot } from '../screenshots.ts';
import { browser, operator, pipeline } from '../world.ts';

describe('a console whose servers are all away', () => {
  let visitor: Visitor;
  let url: string;

  beforeAll(async () => {
    url = await pipeline.startBlindConsole();
    visitor = await Visitor.arrive(browser, url);
    await visitor.signIn(OPERATOR_TOKEN);
  });
  afterAll(async () => {
    await visitor.leave();
    await pipeline.stopBlindConsole();
  });

  test.each([
    ['/', 'overview', 'Kafka, the writers, and the dead letters cannot be seen now'],
    ['/topics', 'topics', 'Topics cannot be shown'],
    ['/groups', 'groups', 'Groups cannot be shown'],
    ['/dead-letters', 'dead-letters', 'Dead letters cannot be shown'],
    ['/schemas', 'schemas', 'Subjects cannot be shown'],
    ['/users', 'users', 'Rows cannot be shown'],
    ['/jobs', 'jobs', 'Airflow does not answer'],
    ['/health', 'health', 'Cassandra does not answer'],
  ])('says so on %s, and what to do', async (path, name, title) => {
    const { page } = visitor;
    await visitor.go(path);
    await page.getByText(title).first().waitFor({ timeout: 30_000 });
    expect(await page.getByText(/infra:up|Start it|Wait a moment/).count()).toBeGreaterThan(0);
    expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    // The frame of the page moves to its new place.
    await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    await screenshot(page, `away-${name}`);
  });

  test('leaves the session at another console of this host alone', async () => {
    const page = await operator.page.context().newPage();
    await page.goto(url);
    await page.getByRole('textbox', { name: 'Token' }).fill(OPERATOR_TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await operator.go('/groups');
    await operator.heading('Groups').waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.close();
  });
});
