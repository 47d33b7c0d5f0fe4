import { projectTests } from '@sluice/tools/vitest';

export default projectTests();
