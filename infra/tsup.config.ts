import { defineConfig } from 'tsup';
import { app } from '@sluice/tools/tsup';

/** The one part of this project that runs in a container. */
export default defineConfig({ ...app(), entry: { main: 'src/setup/main.ts' } });
