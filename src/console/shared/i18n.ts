// The languages of the pages: Vietnamese is the source, English second. Only the language in use is loaded.
import { createInstance, type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setApiLanguage } from './api.ts';
import type { Language } from './dates.ts';

export type Area = 'common' | 'console' | 'portal';

type Texts = { readonly default: object };

const files: Readonly<Record<Language, Readonly<Record<Area, () => Promise<Texts>>>>> = {
  vi: {
    common: () => import('../locales/vi/common.json'),
    console: () => import('../locales/vi/console.json'),
    portal: () => import('../locales/vi/portal.json'),
  },
  en: {
    common: () => import('../locales/en/common.json'),
    console: () => import('../locales/en/console.json'),
    portal: () => import('../locales/en/portal.json'),
  },
};

const storageKey = 'gatewarden.language';

function rememberedLanguage(): Language {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'vi';
  } catch {
    return 'vi';
  }
}

async function load(instance: i18n, language: Language, areas: readonly Area[]): Promise<void> {
  await Promise.all(
    areas.map(async (area) => {
      if (instance.hasResourceBundle(language, area)) return;
      instance.addResourceBundle(language, area, (await files[language][area]()).default);
    }),
  );
}

function apply(language: Language): void {
  document.documentElement.lang = language;
  setApiLanguage(language);
}

/** Ready with all texts of the remembered language. */
export async function createI18n(areas: readonly Area[]): Promise<i18n> {
  const language = rememberedLanguage();
  const instance = createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: [...areas],
    defaultNS: areas.at(-1) ?? 'common',
    fallbackNS: 'common',
    resources: {},
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await load(instance, language, areas);
  apply(language);
  return instance;
}

/** Loads the other language's texts, then shows them; remembered in this browser. */
export async function changeLanguage(
  instance: i18n,
  language: Language,
  areas: readonly Area[],
): Promise<void> {
  await load(instance, language, areas);
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // A browser that keeps nothing still shows the language chosen.
  }
  apply(language);
  await instance.changeLanguage(language);
}
