import type { Page } from 'playwright-core';
import type { Pipeline } from './pipeline.ts';

interface Area {
  /** Also of its pictures. */
  readonly name: string;
  readonly path: (pipeline: Pipeline) => string;
  /** Something that is there once the page has its data. */
  readonly ready: string;
}

/** Every page, as it is when the walks are over. */
export const areas: readonly Area[] = [
  { name: 'overview', path: () => '/', ready: '.flow-box' },
  { name: 'topics', path: () => '/topics', ready: '.data-table-item' },
  { name: 'topic', path: ({ topic }) => `/topics/${topic}`, ready: '.data-table-item' },
  { name: 'messages', path: ({ topic }) => `/topics/${topic}?tab=messages`, ready: '.data-table-item' },
  { name: 'topic-live', path: ({ topic }) => `/topics/${topic}?tab=tail`, ready: 'button:has-text("Hold")' },
  {
    name: 'topic-configuration',
    path: ({ topic }) => `/topics/${topic}?tab=settings`,
    ready: '.data-table-item',
  },
  { name: 'message', path: ({ topic }) => `/topics/${topic}/0/0`, ready: '.record-text' },
  { name: 'groups', path: () => '/groups', ready: '.data-table-item' },
  { name: 'group', path: ({ group }) => `/groups/${group}`, ready: '.data-table-item' },
  { name: 'dead-letters', path: () => '/dead-letters', ready: '.data-table-item' },
  { name: 'schemas', path: () => '/schemas', ready: '.data-table-item' },
  { name: 'schema', path: ({ topic }) => `/schemas/${topic}-value`, ready: '.record-text' },
  {
    name: 'schema-difference',
    path: ({ topic }) => `/schemas/${topic}-value?tab=difference`,
    ready: '.diff-line',
  },
  { name: 'schema-check', path: ({ topic }) => `/schemas/${topic}-value?tab=check`, ready: 'textarea' },
  { name: 'users', path: () => '/users', ready: '.data-table-item' },
  { name: 'audit', path: () => '/audit', ready: '.data-table-item' },
  { name: 'jobs', path: () => '/jobs', ready: 'section' },
  { name: 'changes', path: () => '/changes', ready: '.data-table-item' },
  { name: 'health', path: () => '/health', ready: '.facts' },
  { name: 'not-found', path: () => '/nowhere', ready: 'h1' },
];

/** Waits until a page has its data and nothing of it loads any more. */
export async function settled(page: Page, ready: string): Promise<void> {
  await page.locator(ready).first().waitFor();
  await page
    .getByText(/^Loading /)
    .first()
    .waitFor({ state: 'detached' });
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
