import { afterAll, beforeAll, expect, test } from 'vitest';
// The walks, in the order in which they go.
import './walks/signing-in.ts';
import './walks/empty-pages.ts';
import './walks/flow.ts';
import './walks/dead-letters.ts';
import './walks/personal-fields.ts';
import './walks/groups.ts';
import './walks/audit.ts';
import './walks/content.ts';
import './walks/many-topics.ts';
import './walks/viewer.ts';
import './walks/away.ts';
import './walks/every-page.ts';
import { begin, end, operator, viewer } from './world.ts';

beforeAll(begin);
afterAll(end);

test('nothing went wrong in the browser, and its policy refused nothing', () => {
  expect([...operator.complaints, ...viewer.complaints]).toEqual([]);
});
