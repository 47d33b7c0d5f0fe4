import { Box } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { followLive } from './api/live.ts';
import { useSessionQuery } from './api/session.ts';
import { PageBoundary } from './components/page-boundary.tsx';
import { Shell } from './components/shell.tsx';
import { ErrorState, LoadingState } from './components/states.tsx';

// A page is loaded when it is first shown.
const AuditPage = lazy(() => import('./pages/audit.tsx'));
const AuditRunPage = lazy(() => import('./pages/audit-run.tsx'));
const ChangesPage = lazy(() => import('./pages/changes.tsx'));
const DeadLettersPage = lazy(() => import('./pages/dead-letters.tsx'));
const GroupPage = lazy(() => import('./pages/group.tsx'));
const GroupsPage = lazy(() => import('./pages/groups.tsx'));
const HealthPage = lazy(() => import('./pages/health.tsx'));
const JobsPage = lazy(() => import('./pages/jobs.tsx'));
const LetterPage = lazy(() => import('./pages/letter.tsx'));
const LoginPage = lazy(() => import('./pages/login.tsx'));
const MessagePage = lazy(() => import('./pages/message.tsx'));
const NotFoundPage = lazy(() => import('./pages/not-found.tsx'));
const OverviewPage = lazy(() => import('./pages/overview.tsx'));
const SchemaPage = lazy(() => import('./pages/schema.tsx'));
const SchemasPage = lazy(() => import('./pages/schemas.tsx'));
const TopicPage = lazy(() => import('./pages/topic.tsx'));
const TopicsPage = lazy(() => import('./pages/topics.tsx'));
const UsersPage = lazy(() => import('./pages/users.tsx'));

export function App() {
  const session = useSessionQuery();
  if (session.data === undefined) {
    return (
      <Box component="main" p="lg" maw={720} mx="auto">
        {session.error ? (
          <ErrorState
            title="The console cannot be shown"
            error={session.error}
            onRetry={() => {
              void session.refetch();
            }}
          />
        ) : (
          <LoadingState what="the console" />
        )}
      </Box>
    );
  }
  if (session.data.role === null) {
    return (
      <Suspense fallback={null}>
        <LoginPage />
      </Suspense>
    );
  }
  return <SignedIn />;
}

function SignedIn() {
  const client = useQueryClient();
  const [location] = useLocation();
  useEffect(() => followLive(client), [client]);
  return (
    <Shell>
      <PageBoundary key={location}>
        <Suspense fallback={<LoadingState what="the page" />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/topics" component={TopicsPage} />
            <Route path="/topics/:topic">{({ topic }) => <TopicPage key={topic} topic={topic} />}</Route>
            <Route path={/^\/topics\/(?<topic>[^/]+)\/(?<partition>\d+)\/(?<offset>\d+)\/?$/}>
              {({ topic = '', partition = '', offset = '' }) => (
                <MessagePage
                  key={`${topic}/${partition}/${offset}`}
                  topic={topic}
                  partition={Number(partition)}
                  offset={offset}
                />
              )}
            </Route>
            <Route path="/groups" component={GroupsPage} />
            <Route path="/groups/*">{({ '*': group }) => <GroupPage key={group} group={group} />}</Route>
            <Route path="/dead-letters" component={DeadLettersPage} />
            <Route path={/^\/dead-letters\/(?<partition>\d+)\/(?<offset>\d+)\/?$/}>
              {({ partition = '', offset = '' }) => (
                <LetterPage key={`${partition}/${offset}`} partition={Number(partition)} offset={offset} />
              )}
            </Route>
            <Route path="/schemas" component={SchemasPage} />
            <Route path="/schemas/*">
              {({ '*': subject }) => <SchemaPage key={subject} subject={subject} />}
            </Route>
            <Route path="/users" component={UsersPage} />
            <Route path="/audit" component={AuditPage} />
            <Route path="/audit/:id">{({ id }) => <AuditRunPage key={id} id={id} />}</Route>
            <Route path="/jobs" component={JobsPage} />
            <Route path="/changes" component={ChangesPage} />
            <Route path="/health" component={HealthPage} />
            <Route path="/login">
              <Redirect to="/" replace />
            </Route>
            <Route component={NotFoundPage} />
          </Switch>
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}
