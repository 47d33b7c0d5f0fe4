import { defineConfig } from 'tsup';
import { app } from '@sluice/tools/tsup';

export default defineConfig(app());
