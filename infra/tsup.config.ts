import { defineConfig } from 'tsup';
import { app } from '../tsup.shared.ts';

/** The one part of this project that runs in a container. */
export default defineConfig({ ...app(), entry: { main: 'src/setup/main.ts' } });
