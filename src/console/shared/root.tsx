// What both web apps stand on: theme, texts, the cache of answers, notices.
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './shared.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { ApiError } from './api.ts';
import { type Area, createI18n } from './i18n.ts';
import { theme } from './theme.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; only a missing answer is worth another try.
      retry: (failures, error) => error instanceof ApiError && error.status === 0 && failures < 2,
    },
  },
});

/** The nonce of this page's policy, for the style elements that libraries add. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

// The libraries below the component library look for it under this name.
Object.assign(window, { __webpack_nonce__: styleNonce() });

const colorSchemeManager = localStorageColorSchemeManager({ key: 'gatewarden.colour' });

/** Renders an app into the page once its texts are loaded. */
export async function renderApp(areas: readonly Area[], app: ReactNode): Promise<void> {
  const place = document.getElementById('root');
  if (place === null) throw new Error('the page has no root');
  const i18n = await createI18n(areas);
  createRoot(place).render(
    <StrictMode>
      <I18nextProvider i18n={i18n}>
        <MantineProvider
          theme={theme}
          getStyleNonce={styleNonce}
          defaultColorScheme="auto"
          colorSchemeManager={colorSchemeManager}
        >
          <Notifications position="top-right" />
          <QueryClientProvider client={queryClient}>{app}</QueryClientProvider>
        </MantineProvider>
      </I18nextProvider>
    </StrictMode>,
  );
}
