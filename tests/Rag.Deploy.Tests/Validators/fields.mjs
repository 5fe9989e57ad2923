// Compares objects, a JSON list on standard input, with the types of Kubernetes as cdk8s carries them: fields that the API does not know, fields
// that it needs, and values of another type. Writes { faults, unknown }: a line for each fault, and the kinds that are none of Kubernetes' own.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = 'node_modules/cdk8s-plus-32';
const types = read().types;

// The name of a type or field in the API stands in its documentation; names in the library are spelt otherwise (clusterIp).
const schemaOf = item => item.docs?.custom?.schema;
const kinds = new Map(Object.values(types).filter(type => type.kind === 'interface' && schemaOf(type)).map(type => [schemaOf(type), type]));

const faults = [];
const unknown = new Set();
for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const type = kinds.get(schemaName(object));
  const name = `${object.kind}/${object.metadata?.name}`;
  if (type) {
    const { apiVersion, kind, ...rest } = object;
    struct(rest, type, name);
  } else {
    unknown.add(`${object.apiVersion} ${object.kind}`);
  }
}

console.log(JSON.stringify({ faults, unknown: [...unknown] }));

function read() {
  const assembly = JSON.parse(readFileSync(`${folder}/.jsii`, 'utf8'));
  return assembly.schema === 'jsii/file-redirect' ? JSON.parse(gunzipSync(readFileSync(`${folder}/${assembly.filename}`))) : assembly;
}

// networking.k8s.io/v1 Ingress -> io.k8s.api.networking.v1.Ingress
function schemaName({ apiVersion, kind }) {
  const [version, group] = apiVersion.split('/').reverse();
  return !group || !group.includes('.') || group.endsWith('.k8s.io') ? `io.k8s.api.${(group ?? 'core').split('.')[0]}.${version}.${kind}` : undefined;
}

function properties(type) {
  return [...(type.properties ?? []), ...(type.interfaces ?? []).flatMap(base => properties(types[base] ?? {}))];
}

function struct(value, type, path) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push(`${path}: an object is expected`);
    return;
  }

  const known = new Map(properties(type).map(property => [schemaOf(property)?.split('#')[1] ?? property.name, property]));
  for (const [name, inner] of Object.entries(value)) {
    const property = known.get(name);
    if (property) {
      check(inner, property.type, `${path}.${name}`);
    } else {
      faults.push(`${path}.${name}: there is no such field`);
    }
  }

  for (const [name, property] of known) {
    if (!property.optional && !(name in value)) {
      faults.push(`${path}.${name}: it is missing`);
    }
  }
}

function check(value, type, path) {
  if (type.collection) {
    const isList = type.collection.kind === 'array';
    if (isList !== Array.isArray(value) || typeof value !== 'object' || value === null) {
      faults.push(`${path}: ${isList ? 'a list' : 'keys and values'} is expected`);
      return;
    }

    for (const [key, inner] of Object.entries(value)) {
      check(inner, type.collection.elementtype, isList ? `${path}[${key}]` : `${path}.${key}`);
    }
  } else if (type.primitive) {
    if (!['any', 'json', 'date'].includes(type.primitive) && typeof value !== type.primitive) {
      faults.push(`${path}: a ${type.primitive} is expected`);
    }
  } else if (types[type.fqn]?.kind === 'interface') {
    struct(value, types[type.fqn], path);
  } else if (typeof value !== 'string' && typeof value !== 'number') {
    // What remains are quantities, IntOrString and enumerations.
    faults.push(`${path}: a text or a number is expected`);
  }
}
