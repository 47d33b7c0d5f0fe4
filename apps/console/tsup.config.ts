import { defineConfig } from 'tsup';
import { app } from '../../tsup.shared.ts';

// the page is built into dist/page by Vite: it must outlive a build of the server
export default defineConfig({ ...app(), clean: ['dist/*.js', 'dist/*.js.map'] });
