import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** Those of docs/console.md. */
const FOLDER = fileURLToPath(new URL('../../../../docs/console/', import.meta.url));
/** A picture may weigh so much, in bytes. */
const LARGEST = 150_000;

/** What is kept in the documentation; the others are made only where UPDATE_SCREENSHOTS names another folder. */
const kept = new Set([
  'login',
  'overview',
  'overview-dark',
  'overview-390',
  'overview-writer-killed',
  'topics',
  'topic',
  'messages',
  'message',
  'groups',
  'group',
  'group-reset',
  'dead-letters',
  'dead-letter',
  'redrive',
  'schemas',
  'schema-difference',
  'users',
  'audit',
  'audit-run',
  'jobs',
  'changes',
  'health',
  'health-dark',
  'topic-390',
]);
const taken = new Set<string>();

/**
 * A picture of the window, where UPDATE_SCREENSHOTS is set: to 1 for those of the documentation, else to a folder for
 * all. The first of a name is kept: a walk shows more than the page at its end.
 */
export async function screenshot(page: Page, name: string): Promise<void> {
  const wanted = process.env.UPDATE_SCREENSHOTS ?? '';
  if (wanted === '' || taken.has(name) || (wanted === '1' && !kept.has(name))) return;
  taken.add(name);
  const folder = wanted === '1' ? FOLDER : wanted;
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  const clip = { x: 0, y: 0, width, height: Math.min(height, 800) };
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide', clip });
  if (picture.length > LARGEST)
    throw new Error(`${name}.png has ${picture.length} bytes, more than ${LARGEST}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.png`), picture);
}
