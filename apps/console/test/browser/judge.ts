import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe-core calls serious or critical on the page as it stands: rule, and the first element. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as {
      axe: { run: () => Promise<{ violations: Violation[] }> };
    };
    return (await checker.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.length} times, as ${nodes[0]?.html.slice(0, 300) ?? ''}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Pixels by which the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The longest time, in ms, for which the page did not answer while something was done with it; 0 below 50 ms. */
export async function longestPause(page: Page, action: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const pauses: number[] = [];
    const observer = new PerformanceObserver((list) => {
      pauses.push(...list.getEntries().map(({ duration }) => duration));
    });
    observer.observe({ type: 'longtask' });
    Object.assign(window, { pauses });
  });
  await action();
  return page.evaluate(async () => {
    // The browser tells of a task after it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { pauses } = window as unknown as { pauses: number[] };
    return Math.round(Math.max(0, ...pauses));
  });
}

/** The least of three measurements: a pause that others on the machine make is not the page's own. */
export async function least(measure: () => Promise<number>): Promise<number> {
  return Math.min(await measure(), await measure(), await measure());
}
