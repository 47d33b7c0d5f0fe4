import { afterEach, describe, expect, test } from 'vitest';
import { least, longestPause } from '../judge.ts';
import { bigTopic, manyTopics } from '../many-topics.ts';
import { screenshot } from '../screenshots.ts';
import { operator } from '../world.ts';

describe('many topics', () => {
  afterEach(() => operator.page.unrouteAll());

  // So many would keep the brokers busy for minutes: here the answers are made, and the page alone is judged.
  test('500 topics with 5,000 partitions are listed and searched without a pause over 100 ms', async () => {
    const { page } = operator;
    await page.route('**/api/topics', (route) => route.fulfill({ json: manyTopics(500) }));
    await page.route('**/api/topics/big-0', (route) => route.fulfill({ json: bigTopic(5_000) }));
    await operator.go('/');
    await page.locator('.flow-box').first().waitFor();
    // The scripts of the pages are there before: what counts is the work with many rows.
    await page.getByRole('link', { name: 'Topics' }).click();
    await page.getByText('500 topics').waitFor();
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    await page.locator('.flow-box').first().waitFor();
    const pause = await least(() =>
      longestPause(page, async () => {
        await page.getByRole('link', { name: 'Topics' }).click();
        await page.getByText('500 topics').waitFor();
        await page.getByRole('textbox', { name: 'Search topics' }).pressSequentially('big-49');
        await page.getByText('11 topics').waitFor();
        await page.getByRole('textbox', { name: 'Search topics' }).fill('');
        await page.getByRole('button', { name: 'Partitions' }).click();
        await page.getByRole('link', { name: 'Overview', exact: true }).click();
        await page.locator('.flow-box').first().waitFor();
      }),
    );
    await page.getByRole('link', { name: 'Topics' }).click();
    await screenshot(page, 'topics-many');
    console.log(`500 topics: longest pause ${pause} ms`);
    await page.getByRole('link', { name: 'big-0', exact: true }).click();
    await page.getByRole('table', { name: 'Partitions' }).waitFor();
    await screenshot(page, 'topic-many-partitions');
    const scrolling = await least(() =>
      longestPause(page, async () => {
        const table = page.locator('.data-table');
        await table.evaluate((element) => {
          element.scrollTo(0, element.scrollHeight);
        });
        await page.getByRole('button', { name: 'Ends at' }).click();
        await table.evaluate((element) => {
          element.scrollTo(0, 0);
        });
        await page
          .getByRole('table', { name: 'Partitions' })
          .getByText(/^(5,000,000|1,000)$/)
          .first()
          .waitFor();
      }),
    );
    console.log(`5,000 partitions: longest pause ${scrolling} ms`);
    expect(pause).toBeLessThan(100);
    expect(scrolling).toBeLessThan(100);
  });
});
