import { describe, expect, test } from 'vitest';
import { overflow, seriousFindings } from '../judge.ts';
import { screenshot } from '../screenshots.ts';
import { operator, pipeline } from '../world.ts';

describe('dead letters', () => {
  test('a letter is redriven and becomes a row', async () => {
    const { page } = operator;
    await pipeline.stopProducer();
    // A writer without the registry cannot read what the schema is in the registry of.
    await pipeline.stopWriter();
    pipeline.startWriter({ SCHEMA_REGISTRY_URL: '' });
    await pipeline.produce(3, { MESSAGE_FORMAT: 'avro' });
    await operator.go('/dead-letters');
    await page.getByRole('link', { name: 'no-registry' }).waitFor({ timeout: 60_000 });
    await expect.poll(() => page.getByRole('checkbox', { name: /Select the letter/ }).count()).toBe(3);
    await screenshot(page, 'dead-letters');

    await page.getByRole('table', { name: 'Letters', exact: true }).getByRole('link').first().click();
    await operator.heading(/^Letter/).waitFor();
    await page.getByRole('region', { name: 'Schema' }).waitFor();
    await screenshot(page, 'dead-letter');
    const source = await page
      .getByRole('link', { name: new RegExp(`^${pipeline.topic}`) })
      .first()
      .getAttribute('href');

    await pipeline.stopWriter();
    pipeline.startWriter();
    await operator.go('/dead-letters');
    await page
      .getByRole('checkbox', { name: /Select the letter/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('dialog').waitFor();
    await screenshot(page, 'redrive-dry-run');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('The dry run is done').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('button', { name: /^Redrive 3 letters/ }).click();
    await page.getByRole('dialog').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'redrive-confirmation');
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
    await page.getByText('The redrive has ended').waitFor();
    await page.getByText('3 sent').first().waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    // The frame of the page moves to its new place.
    await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    await screenshot(page, 'redrive');

    await operator.go(source ?? '/');
    await page.locator('.state-badge', { hasText: 'in the table' }).waitFor({ timeout: 60_000 });
    await screenshot(page, 'message');
    await page.getByRole('link', { name: 'Show the row' }).click();
    await page.getByRole('heading', { name: 'The row' }).waitFor();
    // The uuid names a person.
    expect(page.url()).toBe(`${pipeline.url}/users`);
  });
});
