// Puts the built files into an object: assets_data.S takes them in by .incbin (which compiles in no time), assets_table.cc names them.
//   node embed.mjs DIST OUT
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const files = (dir) => readdirSync(dir).sort().flatMap((f) => (statSync(join(dir, f)).isDirectory() ? files(join(dir, f)) : [join(dir, f)]));

mkdirSync(out, { recursive: true });
let assembly = '  .section .rodata\n';
let externs = '', rows = '';
files(dist).forEach((file, i) => {
  const path = '/' + relative(dist, file).replaceAll('\\', '/');
  const body = readFileSync(file);
  const zipped = gzipSync(body, { level: 9 });
  const gzip = zipped.length < body.length * 0.95 ? zipped : Buffer.alloc(0);
  const hashed = path.startsWith('/assets/');
  const etag = createHash('sha256').update(body).digest('hex').slice(0, 16);
  for (const [kind, bytes] of [['body', body], ['gzip', gzip]]) {
    const name = `weir_asset_${i}_${kind}`;
    writeFileSync(join(out, name), bytes);
    assembly += `  .global ${name}\n  .balign 16\n${name}:\n  .incbin "${join(out, name)}"\n`;
    externs += `extern "C" const char ${name}[];\n`;
  }
  rows += `    {"${path}", "${types[extname(file)] ?? 'application/octet-stream'}", {weir_asset_${i}_body, ${body.length}}, {weir_asset_${i}_gzip, ${gzip.length}}, "\\"${etag}\\"", ${hashed}},\n`;
});
assembly += '  .section .note.GNU-stack,"",%progbits\n';
writeFileSync(join(out, 'assets_data.S'), assembly);
writeFileSync(join(out, 'assets_table.cc'), `// Made by web/ui/scripts/embed.mjs.
#include "web/assets.h"

${externs}
namespace weir::web {
namespace {
const Asset kAssets[] = {
${rows}};
}  // namespace
std::span<const Asset> assets() { return kAssets; }
}  // namespace weir::web
`);
