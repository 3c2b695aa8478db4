// A link within an app, looking like every other link.
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

interface GoProps {
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
}

export function Go({ to, search, children }: GoProps) {
  return (
    <Anchor component={Link} to={to} search={(search ?? {}) as never}>
      {children}
    </Anchor>
  );
}
