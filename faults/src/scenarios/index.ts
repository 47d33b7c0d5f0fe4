import type { Scenario } from '../scenario.ts';
import { registry } from './e-registry.ts';
import { stops } from './i-stops.ts';

/** Every scenario. One start of the services serves all that need the same ones. */
export const scenarios: readonly Scenario[] = [registry, stops];
