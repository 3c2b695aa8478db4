// What only somebody who is signed in needs: loaded once there is a session.
import { RouterProvider } from '@tanstack/react-router';
import type { Session } from '../../api/session.ts';
import { router } from './routes.tsx';
import { SessionProvider } from './session.tsx';

export default function SignedIn({ session }: { readonly session: Session }) {
  return (
    <SessionProvider session={session}>
      <RouterProvider router={router} />
    </SessionProvider>
  );
}
