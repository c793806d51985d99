import assert from "node:assert/strict";
import ts from "typescript";
import { MEANT } from "./hostile.mjs";

/** The file's tree, of which nothing is broken, and in which no comment speaks to the compiler. */
function parsed(name, text) {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const told = file.parseDiagnostics.map(({ messageText, start }) => `${start}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  assert.deepEqual(told, [], text);
  assert.deepEqual([file.commentDirectives ?? [], file.referencedFiles, file.checkJsDirective], [[], [], undefined], text);
  return file;
}

/** The members of a type or of a value, by their names. */
function members(nodes) {
  const names = nodes.map(({ name }) => {
    const inner = ts.isComputedPropertyName(name) ? name.expression : name;
    assert.ok(ts.isIdentifier(inner) || ts.isStringLiteral(inner), inner.getText());
    return inner.text;
  });
  assert.equal(new Set(names).size, names.length, "no name is there twice");
  return new Map(nodes.map((node, index) => [names[index], node]));
}

const sorted = (texts) => [...texts].sort();
const bare = (node) => (ts.isParenthesizedTypeNode(node) ? bare(node.type) : node);
const parts = (node) => (ts.isUnionTypeNode(bare(node)) ? bare(node).types.flatMap(parts) : [bare(node)]);
const isNull = (node) => ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword;
const isUndefined = (node) => node.kind === ts.SyntaxKind.UndefinedKeyword;

/** Compares the types of a file with the schemas that they are made from. */
class Comparison {
  /** The names of the types by their places in the description, of what goes in and of what comes out. */
  names = { input: new Map(), output: new Map() };
  side = "output";

  constructor(description, aliases) {
    this.description = description;
    this.aliases = aliases;
  }

  type(schema, node, optional = false) {
    let all = parts(node);
    if (optional) {
      assert.equal(all.filter(isUndefined).length, 1);
      all = all.filter((part) => !isUndefined(part));
    }
    while (schema.anyOf) {
      assert.equal(all.filter(isNull).length, 1);
      schema = schema.anyOf[0];
      if (!schema.anyOf) all = all.filter((part) => !isNull(part));
    }
    const values = schema.enum ?? ("const" in schema ? [schema.const] : undefined);
    if (values) {
      assert.ok(all.every((part) => ts.isLiteralTypeNode(part) && ts.isStringLiteral(part.literal)));
      return assert.deepEqual(sorted(all.map((part) => part.literal.text)), sorted(values));
    }
    if (schema.oneOf) {
      assert.equal(all.length, schema.oneOf.length);
      return all.forEach((part, index) => this.type(schema.oneOf[index], part));
    }
    assert.equal(all.length, 1);
    const [only] = all;
    if ("$type" in schema) return this.reference(schema.$type, only);
    if (schema.type === "string") return assert.equal(only.kind, ts.SyntaxKind.StringKeyword);
    if (schema.prefixItems) {
      assert.ok(ts.isTupleTypeNode(only));
      assert.equal(only.elements.length, schema.prefixItems.length);
      return only.elements.forEach((element, index) => {
        assert.equal(ts.isOptionalTypeNode(element), index >= schema.minItems);
        this.type(schema.prefixItems[index], ts.isOptionalTypeNode(element) ? element.type : element);
      });
    }
    if (schema.type === "array") {
      assert.ok(ts.isArrayTypeNode(only));
      return this.type(schema.items, only.elementType);
    }
    assert.ok(ts.isTypeLiteralNode(only));
    if (schema.additionalProperties) {
      const [index, ...others] = only.members;
      assert.ok(ts.isIndexSignatureDeclaration(index));
      assert.deepEqual([index.parameters[0].type.kind, others], [ts.SyntaxKind.StringKeyword, []]);
      return this.type(schema.additionalProperties, index.type);
    }
    const found = members([...only.members]);
    assert.deepEqual(sorted(found.keys()), sorted(Object.keys(schema.properties)));
    for (const [name, inner] of Object.entries(schema.properties)) {
      const member = found.get(name);
      const isOptional = !schema.required.includes(name);
      assert.equal(Boolean(member.questionToken), isOptional);
      this.type(inner, member.type, isOptional);
    }
  }

  /** A reference to one of the named types, which has one name wherever it is. */
  reference(index, node) {
    assert.ok(ts.isTypeReferenceNode(node) && node.typeArguments === undefined);
    const name = node.typeName.text;
    const names = this.names[this.side];
    if (names.has(index)) return assert.equal(name, names.get(index));
    for (const [other, taken] of [...this.names.input, ...this.names.output]) assert.ok(taken !== name || other === index);
    names.set(index, name);
    const { schema, input } = this.description.types[index];
    this.type((this.side === "input" && input) || schema, this.aliases.get(name).type);
  }

  /** Inputs, where undefined counts as null. */
  input(schema, node) {
    this.side = "input";
    this.type(schema, node, "anyOf" in schema);
    this.side = "output";
  }

  /** That there are no types but those that something is made of. */
  end() {
    const names = new Set([...this.names.input.values(), ...this.names.output.values()]);
    assert.deepEqual(sorted(this.aliases.keys()), sorted(names));
  }
}

/** A router without procedures is omitted. */
const shown = (entries) => entries.filter((entry) => entry.entries === undefined || shown(entry.entries).length > 0);

function sameNames(entries, found) {
  assert.deepEqual([...found.keys()], shown(entries).map(({ name }) => name));
}

/** Takes the statements of a file apart: imports, types, and the last one. */
function statements(file) {
  const all = [...file.statements];
  const imports = all.filter(ts.isImportDeclaration);
  assert.deepEqual(all.slice(0, imports.length), imports);
  const types = all.slice(imports.length, -1);
  assert.ok(types.every((node) => ts.isTypeAliasDeclaration(node) && node.typeParameters === undefined));
  const aliases = new Map(types.map((node) => [node.name.text, node]));
  assert.equal(aliases.size, types.length);
  assert.deepEqual(MEANT.filter((name) => aliases.has(name)), []);
  return { imports, aliases, last: all.at(-1) };
}

/** Compares the file with the client's type. */
export function compareClient(description, text) {
  const { imports, aliases, last } = statements(parsed("client.ts", text));
  assert.equal(imports.length, 1);
  assert.ok(ts.isTypeAliasDeclaration(last));
  assert.equal(last.name.text, "Client");
  const comparison = new Comparison(description, aliases);
  const visit = (entries, node) => {
    assert.ok(ts.isTypeLiteralNode(node));
    const found = members([...node.members]);
    sameNames(entries, found);
    for (const entry of shown(entries)) {
      const { type } = found.get(entry.name);
      if (entry.entries) {
        visit(entry.entries, type);
        continue;
      }
      assert.equal(type.typeName.text, "ProcedureClient");
      const [context, input, output, errors, ...more] = type.typeArguments;
      assert.deepEqual([context.getText(), more], ["C", []]);
      comparison.input(entry.input, input);
      comparison.type(entry.output, output);
      const [thrown, ...declared] = parts(errors).reverse();
      assert.equal(thrown.getText(), "ThrowableError");
      for (const [index, node] of declared.reverse().entries()) {
        const [code, data] = node.typeArguments;
        const error = entry.errors[index];
        assert.deepEqual([node.typeName.text, code.literal.text], ["ORPCError", error.code]);
        if (error.data) comparison.type(error.data, data);
        else assert.ok(isUndefined(data));
      }
      assert.equal(declared.length, entry.errors.length);
    }
  };
  visit(description.entries, last.type);
  comparison.end();
}

/** Compares the file with the contract, and what it is when it runs. */
export function compareContract(description, text, contractPackage) {
  const { imports, aliases, last } = statements(parsed("contract.ts", text));
  assert.equal(imports.length, shown(description.entries).length > 0 ? 1 : 0);
  assert.ok(ts.isVariableStatement(last));
  const [{ name, initializer }, ...others] = last.declarationList.declarations;
  assert.deepEqual([name.text, others], ["contract", []]);
  const comparison = new Comparison(description, aliases);
  /** The arguments of the calls that make a procedure, by the methods' names. */
  const calls = (node) => {
    if (!ts.isCallExpression(node)) {
      assert.equal(node.getText(), "oc");
      return {};
    }
    const inner = calls(node.expression.expression);
    assert.ok(!(node.expression.name.text in inner) && node.arguments.length === 1);
    return { ...inner, [node.expression.name.text]: node.arguments[0] };
  };
  const typeOf = (node) => {
    assert.deepEqual([node.expression.getText(), node.arguments.length, node.typeArguments.length], ["type", 0, 1]);
    return node.typeArguments[0];
  };
  const visit = (entries, node, value) => {
    assert.ok(ts.isObjectLiteralExpression(node));
    const found = members([...node.properties]);
    sameNames(entries, found);
    assert.deepEqual(sorted(Object.keys(value)), sorted(found.keys()));
    for (const entry of shown(entries)) {
      const inner = found.get(entry.name).initializer;
      if (entry.entries) {
        visit(entry.entries, inner, value[entry.name]);
        continue;
      }
      const { route, errors, input, output, ...others } = calls(inner);
      assert.deepEqual(others, {});
      assert.equal(route?.getText(), entry.get ? '{ method: "GET" }' : undefined);
      comparison.input(entry.input, typeOf(input));
      comparison.type(entry.output, typeOf(output));
      const declared = members(errors ? [...errors.properties] : []);
      assert.deepEqual(sorted(declared.keys()), sorted(entry.errors.map(({ code }) => code)));
      const definition = value[entry.name]["~orpc"];
      assert.equal(definition.route.method, entry.get ? "GET" : undefined);
      assert.deepEqual(sorted(Object.keys(definition.errorMap)), sorted(declared.keys()));
      for (const { code, message, data } of entry.errors) {
        assert.equal(definition.errorMap[code].message, message);
        const type = typeOf(members([...declared.get(code).initializer.properties]).get("data").initializer);
        if (data) comparison.type(data, type);
        else assert.ok(isUndefined(type));
      }
    }
  };
  visit(description.entries, initializer, run(text, contractPackage));
  comparison.end();
}

/** The contract as a value. */
function run(text, contractPackage) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  const exports = {};
  new Function("require", "exports", outputText)(() => contractPackage, exports);
  return exports.contract;
}
