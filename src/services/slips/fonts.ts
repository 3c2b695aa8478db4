// Fonts for papers: DejaVu, which has every Vietnamese letter; embedded, so that any printer shows the same.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type PdfDocument from 'pdfkit';

const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

const files = {
  sans: 'DejaVuSansCondensed.ttf',
  sansBold: 'DejaVuSansCondensed-Bold.ttf',
  mono: 'DejaVuSansMono-Bold.ttf',
  serif: 'DejaVuSerifCondensed.ttf',
  serifBold: 'DejaVuSerifCondensed-Bold.ttf',
} as const;

export type Paper = InstanceType<typeof PdfDocument>;

/** A document with the fonts registered by name. Nothing of it says when or by what it was made beyond `title`. */
export async function createPaper(options: {
  readonly size: 'A4' | 'A5';
  readonly title: string;
}): Promise<Paper> {
  const { default: Document } = await import('pdfkit');
  const paper = new Document({
    size: options.size,
    margin: 0,
    autoFirstPage: false,
    lang: 'vi-VN',
    pdfVersion: '1.7',
    displayTitle: true,
    info: { Title: options.title, Producer: 'Gatewarden', Creator: 'Gatewarden' },
  });
  for (const [name, file] of Object.entries(files)) paper.registerFont(name, join(folder, file));
  return paper;
}

/** The octets of a document, once `draw` has drawn it. */
export async function octetsOf(paper: Paper, draw: () => Promise<void>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  paper.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    paper.on('end', resolve);
    paper.on('error', reject);
  });
  await draw();
  paper.end();
  await ended;
  return Buffer.concat(chunks);
}
