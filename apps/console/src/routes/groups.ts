import { Groups } from '../group-details.ts';
import { GroupReset } from '../group-reset.ts';
import type { Handlers } from '../handlers.ts';
import type { Services } from '../services.ts';

export function groupRoutes({
  servers: { cluster, kafka },
  config,
}: Services): Handlers<
  | 'GET /api/groups'
  | 'GET /api/groups/:group'
  | 'POST /api/groups/:group/reset/preview'
  | 'POST /api/groups/:group/reset'
> {
  const groups = new Groups(cluster, kafka, config);
  const reset = new GroupReset(cluster, kafka);
  return {
    'GET /api/groups': () => groups.list(),
    'GET /api/groups/:group': ({ params: { group } }) => groups.details(group),
    'POST /api/groups/:group/reset/preview': ({ params: { group }, body }) => reset.plan(group, body),
    'POST /api/groups/:group/reset': ({ params: { group }, body }, { record }) => {
      const { topic, to, partitions } = body;
      const details = { group, topic, to: describe(to), partitions: partitions?.join(',') ?? 'all' };
      return record('group-reset', details, () => reset.apply(group, body));
    },
  };
}

function describe(to: { readonly kind: string; readonly offset?: string; readonly time?: number }): string {
  return [to.kind, to.offset ?? to.time].filter((part) => part !== undefined).join(' ');
}
