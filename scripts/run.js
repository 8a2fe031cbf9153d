/*
 * What the commands of package.json start: looks at Node's version first, then runs the script of that name beside it.
 * Plain JavaScript, because an older Node must still be able to read it.
 */

const OLDEST = 26;
const [, , name, ...rest] = process.argv;
const major = Number(process.versions.node.split('.')[0]);

if (major < OLDEST) {
  console.error(
    `Ringback runs on Node ${OLDEST}, and this is ${process.versions.node}: npm could not install the Node package for ${process.platform}-${process.arch} (was --omit=optional given?). Run \`npm ci\` again, or install Node ${OLDEST} yourself.`,
  );
  process.exitCode = 1;
} else {
  const script = new URL(`./${name}.ts`, import.meta.url);
  process.argv.splice(1, Infinity, script.pathname, ...rest);
  await import(script.href);
}
