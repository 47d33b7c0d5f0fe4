import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from './browser.ts';
import { Pipeline } from './pipeline.ts';

// What the walks share. They go in order: each begins where the one before ended.
export let browser: Browser;
export let pipeline: Pipeline;
export let operator: Visitor;
export let viewer: Visitor;

export async function begin(): Promise<void> {
  browser = await launchBrowser();
  pipeline = await Pipeline.start();
  operator = await Visitor.arrive(browser, pipeline.url);
  viewer = await Visitor.arrive(browser, pipeline.url);
}

export async function end(): Promise<void> {
  await browser.close();
  await pipeline.stop();
}

/** The figure of one of the boxes of the overview's picture. */
export async function figure(box: string, name: string): Promise<number> {
  const text = await operator.page
    .locator('.flow-box', { hasText: box })
    .locator('.flow-name', { hasText: new RegExp(`^${name}$`) })
    .locator('xpath=following-sibling::*[1]')
    .innerText();
  return Number(text.replace(/[^\d.]/g, '') || 'NaN');
}
