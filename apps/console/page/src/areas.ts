import {
  IconActivity,
  IconChecklist,
  IconHistory,
  IconFileDescription,
  IconHeartbeat,
  IconList,
  IconMailX,
  IconPlayerPlay,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';

/** The console's areas, in the order in which a record passes them. */
export const areas = [
  { href: '/', title: 'Overview', Icon: IconActivity },
  { href: '/topics', title: 'Topics', Icon: IconList },
  { href: '/groups', title: 'Groups', Icon: IconUsersGroup },
  { href: '/dead-letters', title: 'Dead letters', Icon: IconMailX },
  { href: '/schemas', title: 'Schemas', Icon: IconFileDescription },
  { href: '/users', title: 'Users', Icon: IconUsers },
  { href: '/audit', title: 'Audit', Icon: IconChecklist },
  { href: '/jobs', title: 'Jobs', Icon: IconPlayerPlay },
  { href: '/changes', title: 'Changes', Icon: IconHistory },
  { href: '/health', title: 'Health', Icon: IconHeartbeat },
] as const;
