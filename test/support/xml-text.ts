/** Documents as text, for tests that compare what was written with what was read. */

/** Without what is only a manner of writing: declaration, blanks between elements, `<a/>` for `<a></a>`. */
export function plainXml(document: string): string {
  return document
    .replace(/<\?xml[^>]*\?>/, '')
    .replace(/<([^\s/>]+)([^>]*?)\s*\/>/g, '<$1$2></$1>')
    .replace(/>\s+</g, '><')
    .trim();
}
