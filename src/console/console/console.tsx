// The console: who is signed in decides what there is to see.
import { Center, Loader } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { Fault } from '../shared/fault.tsx';
import { Enrolment } from './pages/enrolment.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { router } from './routes.tsx';
import { SessionProvider, useSessionQuery } from './session.tsx';

/** The one-time link's secret stands behind the `#`: it reaches no server log and no other site. */
function linkInAddress(): string | null {
  const { pathname, hash } = window.location;
  return pathname === '/enrol' && hash.length > 1 ? decodeURIComponent(hash.slice(1)) : null;
}

export function Console() {
  const { data: session, error } = useSessionQuery();
  const [link] = useState(linkInAddress);
  if (error !== null) {
    return (
      <Center component="main" mih="100vh" p="md">
        <Fault error={error} />
      </Center>
    );
  }
  if (session === undefined) {
    return (
      <Center component="main" mih="100vh">
        <Loader />
      </Center>
    );
  }
  if (session === null) return link === null ? <SignIn /> : <Enrolment link={link} />;
  return (
    <SessionProvider session={session}>
      <RouterProvider router={router} />
    </SessionProvider>
  );
}
