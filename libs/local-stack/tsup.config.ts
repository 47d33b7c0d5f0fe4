import { defineConfig } from 'tsup';
import { library } from '../../tsup.shared.ts';

// optional, and only where containers are asked for
export default defineConfig({ ...library(), external: ['testcontainers'] });
