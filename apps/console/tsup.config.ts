import { defineConfig } from 'tsup';
import { app } from '@sluice/tools/tsup';

export default defineConfig({
  ...app(),
  // the page is built into dist/page by Vite: it must outlive a build of the server
  clean: ['!page/**'],
  // node:sqlite has no other name
  removeNodeProtocol: false,
});
