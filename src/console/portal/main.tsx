// The holders' portal: what staff see of their own account.
import { setApiBase } from '../shared/api.ts';
import { renderApp } from '../shared/root.tsx';
import { Portal } from './portal.tsx';

setApiBase('/portal/v1');
void renderApp(['common', 'portal'], <Portal />);
