// A browser as its user knows it, from what it says of itself: name, version, system. What is not known is left as it came.

// Edge and Opera call themselves Chrome too, and all of them Safari: the first that fits.
const browsers: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Cốc Cốc', /coc_coc_browser\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
];
// Android says Linux too, an iPhone says Mac OS X.
const systems: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux|X11/],
];

export function browserText(userAgent: string): string {
  const browser = browsers.find(([, version]) => version.test(userAgent));
  if (browser === undefined) return userAgent;
  const [name, version] = browser;
  const system = systems.find(([, sign]) => sign.test(userAgent))?.[0];
  return [`${name} ${version.exec(userAgent)?.[1]}`, system].filter(Boolean).join(' · ');
}
