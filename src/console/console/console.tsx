// The console: who is signed in decides what there is to see.
import { Center, Loader } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { Fault } from '../shared/fault.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { useSessionQuery } from './session.tsx';

const Enrolment = lazy(() => import('./pages/enrolment.tsx'));
const OidcProof = lazy(() => import('./pages/oidc-proof.tsx'));
const SignedIn = lazy(() => import('./signed-in.tsx'));

/** The one-time link's secret stands behind the `#`: it reaches no server log and no other site. */
function linkInAddress(): string | null {
  const { pathname, hash } = window.location;
  return pathname === '/enrol' && hash.length > 1 ? decodeURIComponent(hash.slice(1)) : null;
}

function Wait() {
  return (
    <Center component="main" mih="100vh">
      <Loader />
    </Center>
  );
}

export function Console() {
  if (window.location.pathname === '/oidc-proof') {
    return (
      <Suspense fallback={<Wait />}>
        <OidcProof />
      </Suspense>
    );
  }
  return <Entrance />;
}

function Entrance() {
  const { data: session, error } = useSessionQuery();
  const [link] = useState(linkInAddress);
  if (error !== null) {
    return (
      <Center component="main" mih="100vh" p="md">
        <Fault error={error} />
      </Center>
    );
  }
  if (session === undefined) return <Wait />;
  return (
    <Suspense fallback={<Wait />}>
      {session !== null ? (
        <SignedIn session={session} />
      ) : link === null ? (
        <SignIn />
      ) : (
        <Enrolment link={link} />
      )}
    </Suspense>
  );
}
