// Compiles operators' objects, a JSON list on standard input, against the TypeScript types of their packages. Their compiled validators let any
// field pass that they do not know, as the API server does not: the compiler tells. Writes { faults, unknown }: a line for each fault, and the
// kinds that no package here has a type for. Kubernetes' own kinds are passed over.
import { readFileSync } from 'node:fs';
import { isOperators, modelOf, moduleOf } from './packages.mjs';

const objects = [];
const unknown = new Set();
for (const object of JSON.parse(readFileSync(0, 'utf8')).filter(isOperators)) {
  if (await modelOf(object)) {
    objects.push(object);
  } else {
    unknown.add(`${object.apiVersion} ${object.kind}`);
  }
}

if (objects.length === 0) {
  console.log(JSON.stringify({ faults: [], unknown: [...unknown] }));
  process.exit();
}

// It takes a second to load.
const { default: ts } = await import('typescript');

// One object on one line, so that the line of a diagnostic says which.
const name = `${process.cwd()}/objects.ts`;
const text = objects.map(object => {
  const { apiVersion, kind, ...rest } = object;
  return `new (await import(${JSON.stringify(moduleOf(object))})).${kind}(${JSON.stringify(rest)});`;
}).join('\n') + '\nexport {};\n';

const options = {
  strict: true, noEmit: true, skipLibCheck: true, types: [],
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022,
};
const host = ts.createCompilerHost(options);
const source = ts.createSourceFile(name, text, options.target, /* setParentNodes */ true);
const { getSourceFile, fileExists } = host;
host.getSourceFile = (file, ...rest) => file === name ? source : getSourceFile.call(host, file, ...rest);
host.fileExists = file => file === name || fileExists.call(host, file);

const faults = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host)).map(diagnostic => {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  if (diagnostic.file !== source) {
    return `${diagnostic.file?.fileName ?? 'the compiler'}: ${message}`;
  }

  const { kind, metadata } = objects[source.getLineAndCharacterOfPosition(diagnostic.start).line];
  return `${kind}/${metadata?.name}${path(diagnostic.start)}: ${message}`;
});

console.log(JSON.stringify({ faults, unknown: [...unknown] }));

// The keys around a place in the text: .spec.triggers[0].type
function path(position) {
  let node = source;
  for (let inner = node; inner; inner = ts.forEachChild(node, child => child.getStart(source) <= position && position < child.end ? child : undefined)) {
    node = inner;
  }

  let text = '';
  for (; node.parent; node = node.parent) {
    if (ts.isPropertyAssignment(node)) {
      text = `.${node.name.text}${text}`;
    } else if (ts.isArrayLiteralExpression(node.parent)) {
      text = `[${node.parent.elements.indexOf(node)}]${text}`;
    }
  }

  return text;
}
