import { afterAll, beforeAll } from 'vitest';
// In the order in which they go.
import './pipeline/topics.ts';
import './pipeline/users.ts';
import './pipeline/groups.ts';
import './pipeline/letters.ts';
import './pipeline/audits.ts';
import './pipeline/schemas.ts';
import './pipeline/health.ts';
import { begin, end } from './pipeline/world.ts';

beforeAll(begin);
afterAll(end);
