import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** Those of docs/console.md. */
const FOLDER = fileURLToPath(new URL('../../../../docs/console/', import.meta.url));
/** A picture may weigh so much, in bytes. */
const LARGEST = 150_000;

/** Every page and state, to be looked at; not kept. */
const GALLERY = fileURLToPath(new URL('test-results/gallery/', import.meta.url));
const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 900 },
  { width: 1920, height: 1080 },
] as const;
const THEMES = ['light', 'dark'] as const;

/** What is kept in the documentation. */
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
 * A picture of the window, where SCREENSHOTS asks for it: `documentation` for those of docs/console.md, `gallery` for
 * each page and state in every size and theme. The first of a name is kept: a walk shows more than the page at its end.
 */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (taken.has(name)) return;
  taken.add(name);
  // The gallery has each in every size and theme anyway.
  const wanted = (process.env.SCREENSHOTS ?? '').split(',');
  if (wanted.includes('gallery') && !/-(dark|390)$/.test(name)) await hang(page, name);
  if (wanted.includes('documentation') && kept.has(name)) await document(page, name);
}

async function document(page: Page, name: string): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  const clip = { x: 0, y: 0, width, height: Math.min(height, 800) };
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide', clip });
  if (picture.length > LARGEST)
    throw new Error(`${name}.png has ${picture.length} bytes, more than ${LARGEST}`);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, `${name}.png`), picture);
}

async function hang(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  await mkdir(GALLERY, { recursive: true });
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      // Charts and long tables draw themselves anew in the frames after.
      await page.evaluate(() => new Promise((drawn) => setTimeout(drawn, 250)));
      const path = join(GALLERY, `${name}-${size.width}-${colorScheme}.png`);
      await page.screenshot({ animations: 'disabled', caret: 'hide', fullPage: true, path });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  if (before) await page.setViewportSize(before);
}
