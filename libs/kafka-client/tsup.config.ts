import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'tsup';
import { library } from '@sluice/tools/tsup';
import { bundleKafkaJs, kafkaJsFolder } from './kafkajs-bundle.ts';

export default defineConfig({
  ...library(['src/index.ts', 'src/testing.ts']),
  esbuildPlugins: [bundleKafkaJs()],
  onSuccess: () => {
    copyFileSync(join(kafkaJsFolder(), 'LICENSE'), join('dist', 'LICENSE-kafkajs.txt'));
    return Promise.resolve();
  },
});
