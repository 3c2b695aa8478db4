export function sourcesNow(root?: string): string;
export function entryModule(entry: string, root?: string): string;
