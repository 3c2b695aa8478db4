// The administrators' console.
import { renderApp } from '../shared/root.tsx';
import { Console } from './console.tsx';

void renderApp(['common', 'console'], <Console />);
