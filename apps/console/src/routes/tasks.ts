import type { Handlers } from '../handlers.ts';
import type { Services } from '../services.ts';
import { startAudit } from '../start-audit.ts';

const defaultChanges = 100;

export function taskRoutes(
  services: Services,
): Handlers<
  | 'GET /api/tasks'
  | 'GET /api/tasks/:id'
  | 'POST /api/tasks/:id/stop'
  | 'POST /api/audits'
  | 'GET /api/changes'
> {
  const { tasks, changes } = services;
  return {
    'GET /api/tasks': ({ query: { kind } }) => Promise.resolve({ tasks: tasks.list(kind) }),
    'GET /api/tasks/:id': async ({ params: { id } }) => tasks.find(id),
    'POST /api/tasks/:id/stop': ({ params: { id } }, { record }) =>
      record('task-stop', { task: id }, () => tasks.stop(id)),
    'POST /api/audits': ({ body }, { record, viewer }) => {
      const { since = null, sample = 1 } = body;
      return record('audit', { since, sample }, async () => startAudit(services, body, viewer?.who ?? ''));
    },
    'GET /api/changes': async ({ query: { limit = defaultChanges, cursor } }) => ({
      ...changes.page({ limit, cursor }),
      file: changes.file,
    }),
  };
}
