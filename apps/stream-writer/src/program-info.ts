import { shownSettings } from '@sluice/app-runtime';
import type { ProgramInfo } from '@sluice/telemetry';
import manifest from '../package.json' with { type: 'json' };
import type { WriterConfig } from './config.ts';

/** What this program is, for those who watch it. */
export function programInfo(config: WriterConfig): ProgramInfo {
  return { name: 'stream-writer', version: manifest.version, settings: shownSettings(config) };
}
