import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Leaves each file twice, by brotli and by gzip, and a file `version`: what the function that serves them reads. */
export function packing(version: string): Plugin {
  let folder = "";
  return {
    name: "taskbridge:packing",
    apply: "build",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => {
      const content = createHash("sha256");
      for (const file of filesBelow(folder)) {
        const bytes = readFileSync(file);
        content.update(file.slice(folder.length)).update(bytes);
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
        rmSync(file);
      }
      writeFileSync(join(folder, "version"), `${version}+${content.digest("hex").slice(0, 8)}\n`);
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}
