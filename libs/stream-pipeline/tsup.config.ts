import { defineConfig } from 'tsup';
import { library } from '@sluice/tools/tsup';

export default defineConfig(library());
