// The holders' portal: what staff see of their own account.
import { renderApp } from '../shared/root.tsx';

void renderApp(['common', 'portal'], null);
