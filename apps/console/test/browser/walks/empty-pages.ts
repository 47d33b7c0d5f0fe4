import { describe, expect, test } from 'vitest';
import { screenshot } from '../screenshots.ts';
import { operator, pipeline } from '../world.ts';

describe('what is empty says what to do', () => {
  test.each([
    ['/dead-letters', 'There are no dead letters', 'dead-letters-empty'],
    ['/audit', 'No audit has run yet', 'audit-empty'],
    ['/topics?q=nothing-is-called-so', 'No topic has this in its name', 'topics-none'],
    ['/jobs', 'Airflow is not configured', 'jobs-empty'],
  ])('%s', async (path, title, name) => {
    await operator.go(path);
    await operator.page.getByText(title).waitFor();
    await screenshot(operator.page, name);
  });

  test('a topic that was just made', async () => {
    const { page } = operator;
    const topic = await pipeline.createTopic('empty', 1);
    await operator.go(`/topics/${topic}?tab=messages`);
    await page.getByText('There is no message here').waitFor();
    await screenshot(page, 'messages-empty');
    await page.getByRole('tab', { name: 'Live' }).click();
    await page.getByText('Nothing came yet').waitFor();
    await screenshot(page, 'topic-live-empty');
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
