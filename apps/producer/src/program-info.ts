import { shownSettings } from '@sluice/app-runtime';
import type { ProgramInfo } from '@sluice/telemetry';
import manifest from '../package.json' with { type: 'json' };
import type { ProducerConfig } from './config.ts';

/** What this program is, for those who watch it. */
export function programInfo(config: ProducerConfig): ProgramInfo {
  return { name: 'producer', version: manifest.version, settings: shownSettings(config) };
}
