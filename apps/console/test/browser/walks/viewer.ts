import { describe, expect, test } from 'vitest';
import { screenshot } from '../screenshots.ts';
import { pipeline, viewer } from '../world.ts';

describe('a viewer', () => {
  const forbidden = [
    ['/dead-letters', /^Redrive/],
    ['/dead-letters', 'Dry run'],
    ['/audit', 'Start an audit'],
    ['group', 'Reset offsets'],
  ] as const;

  test.each(forbidden)('on %s cannot use %s, and reads why', async (path, name) => {
    const { page } = viewer;
    await viewer.go(path === 'group' ? `/groups/${pipeline.group}` : path);
    const button = page.getByRole('button', { name }).first();
    await button.waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.getAttribute('aria-description')).toContain('Only an operator');
    await button.hover({ force: true });
    await page.getByRole('tooltip').waitFor();
    await screenshot(page, 'viewer-refused');
    await button.click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('is refused by the server as well', async () => {
    const { page } = viewer;
    for (const [path, body] of [
      ['/api/audits', {}],
      ['/api/dead-letters/redrive', { dryRun: true }],
      [
        `/api/groups/${pipeline.group}/reset`,
        { topic: pipeline.topic, to: { kind: 'earliest' }, expected: [] },
      ],
      ['/api/users/page', { reveal: true }],
    ] as const) {
      const status = await page.evaluate(
        async ([address, data]) => {
          const response = await fetch(address, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-sluice-console': '1' },
            body: data,
          });
          return response.status;
        },
        [path, JSON.stringify('reveal' in body ? body : { ...body, confirm: true })] as const,
      );
      expect(status, path).toBe(403);
    }
    viewer.complaints.length = 0;
  });
});
