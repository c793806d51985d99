import type { CSSProperties } from "react";

/** FNV-1a: short names that differ in one letter get distant hues. */
function hash(text: string): number {
  let result = 0x811c9dc5;
  for (const char of text) {
    result = Math.imul(result ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return (result ^ (result >>> 15)) >>> 0;
}

/** The same name gets the same colour in every tab; CSS picks lightness and chroma per theme. */
export function hueStyle(name: string): CSSProperties {
  const style: CSSProperties & { "--hue": number } = { "--hue": hash(name) % 360 };
  return style;
}
