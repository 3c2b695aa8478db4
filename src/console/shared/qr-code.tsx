// A QR code, drawn as one path; loaded when first shown. Always dark on white, as cameras want it.
import { Box } from '@mantine/core';
import QRCode from 'qrcode';

interface QrCodeProps {
  readonly text: string;
  readonly label: string;
  readonly size?: number;
}

export default function QrCode({ text, label, size = 220 }: QrCodeProps) {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const quiet = 4;
  const side = modules.size + 2 * quiet;
  let path = '';
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column)) path += `M${column + quiet} ${row + quiet}h1v1h-1z`;
    }
  }
  return (
    <Box
      component="svg"
      viewBox={`0 0 ${side} ${side}`}
      w={size}
      h={size}
      maw="100%"
      role="img"
      aria-label={label}
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </Box>
  );
}
