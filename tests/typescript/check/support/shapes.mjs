import ts from "typescript";

/**
 * Constraints at places without a comment, such as the items of an array: their type does not express them.
 */
export const UNTOLD = Object.freeze([]);

/** Types of the standard library that are supported here. */
const INSTANCES = ["Date", "URL", "RegExp", "File"];

/**
 * Reads a TypeScript type, as a tree that is built lazily. The constraints of a value are the JSDoc tags of its
 * member and of the type that it is named by: `[{ name, text }]`.
 */
export class Shapes {
  #checker;
  #file;
  #known = new Map();

  constructor(program, file) {
    this.#checker = program.getTypeChecker();
    this.#file = file;
  }

  /** The shape of what a node of the program's syntax says. */
  of(node) {
    return this.#shape(this.#checker.getTypeFromTypeNode(node), this.#leaves(node, UNTOLD), UNTOLD);
  }

  /**
   * The shape of a type. `leaves` are the types that were written for it, each with its own constraints, and `tags` are
   * those of all of them.
   */
  #shape(type, leaves, tags) {
    const { flags } = type;
    if (flags & ts.TypeFlags.Union) {
      const of = type.types.flatMap((part) => {
        const own = leaves.filter((leaf) => leaf.type === part);
        return own.length > 0
          ? own.map((leaf) => this.#single(part, leaf.node, leaf.tags))
          : [this.#single(part, undefined, tags)];
      });
      return { kind: "union", of };
    }
    if (leaves.length > 1) {
      return { kind: "union", of: leaves.map((leaf) => this.#single(type, leaf.node, leaf.tags)) };
    }
    const [leaf] = leaves;
    return this.#single(type, leaf?.node, leaf?.tags ?? tags);
  }

  #single(type, node, tags) {
    const { flags } = type;
    const F = ts.TypeFlags;
    if (flags & F.Unknown) return { kind: "unknown" };
    if (flags & F.String) return { kind: "string", tags };
    if (flags & F.Number) return { kind: "number", tags };
    if (flags & F.BigInt) return { kind: "bigint", tags };
    if (flags & F.Null) return { kind: "null" };
    if (flags & (F.Undefined | F.Void)) return { kind: "undefined" };
    if (flags & F.Never) return { kind: "union", of: [] };
    if (flags & (F.StringLiteral | F.NumberLiteral)) return { kind: "literal", value: type.value };
    if (flags & F.BigIntLiteral)
      return { kind: "literal", value: BigInt((type.value.negative ? "-" : "") + type.value.base10Value) };
    if (flags & F.BooleanLiteral) return { kind: "literal", value: this.#checker.typeToString(type) === "true" };
    if (flags & (F.Object | F.Intersection)) return this.#object(type, node, tags);
    throw new Error(`no shape for ${this.#checker.typeToString(type)} (${flags})`);
  }

  #object(type, node, tags) {
    const checker = this.#checker;
    if (checker.isTupleType(type)) {
      const nodes = tupleNodes(node);
      const { elementFlags } = type.target;
      const items = checker.getTypeArguments(type).map((item, index) => () => this.#nested(item, nodes?.[index]));
      const rest = elementFlags.findIndex((flag) => flag & ts.ElementFlags.Rest);
      const required = elementFlags.filter((flag) => flag & ts.ElementFlags.Required).length;
      return rest < 0
        ? { kind: "tuple", items, required, tags }
        : { kind: "tuple", items: items.slice(0, rest), required, rest: items[rest], tags };
    }
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(type);
      return { kind: "array", item: () => this.#nested(item, elementNode(node)), tags };
    }
    const name = this.#globalName(type);
    if (name === "Set") {
      const [item] = checker.getTypeArguments(type);
      return { kind: "set", item: () => this.#nested(item, node?.typeArguments?.[0]), tags };
    }
    if (name === "Map") {
      const [key, value] = checker.getTypeArguments(type);
      const [keyNode, valueNode] = node?.typeArguments ?? [];
      return { kind: "map", key: () => this.#nested(key, keyNode), value: () => this.#nested(value, valueNode), tags };
    }
    if (INSTANCES.includes(name)) return { kind: "instance", name, tags };
    if (name !== undefined) throw new Error(`no shape for the global ${name}`);
    if (type.getCallSignatures().length + type.getConstructSignatures().length > 0) throw new Error("a function");
    const parts =
      type.flags & ts.TypeFlags.Intersection ? type.types.map((part) => this.#single(part, undefined, [])) : [];
    const members = new Map(
      checker
        .getPropertiesOfType(type)
        .map((property) => [property.name.replace(/^___/, "__"), this.#member(property)]),
    );
    const indexes = checker.getIndexInfosOfType(type).map((info) => ({
      key: checker.typeToString(info.keyType),
      value: () => this.#nested(info.type, info.declaration?.type),
    }));
    return { kind: "object", members, indexes, parts, tags };
  }

  #member(property) {
    const [declaration, ...others] = property.declarations ?? [];
    const optional = Boolean(property.flags & ts.SymbolFlags.Optional);
    if (declaration?.type && others.length === 0) {
      return {
        optional,
        shape: () =>
          this.#nested(this.#checker.getTypeFromTypeNode(declaration.type), declaration.type, tagsOf(declaration)),
      };
    }
    const tags = (property.declarations ?? []).flatMap(tagsOf);
    return { optional, shape: () => this.#shape(this.#checker.getTypeOfSymbol(property), [], tags) };
  }

  /** A shape that is made once, as a type may hold itself. */
  #nested(type, node, tags = UNTOLD) {
    const key = node ?? type;
    if (!this.#known.has(key)) this.#known.set(key, this.#shape(type, this.#leaves(node, tags), tags));
    return this.#known.get(key);
  }

  /** Types of a union as written, under any names, with the constraints of each. */
  #leaves(node, tags) {
    if (!node) return [];
    if (ts.isParenthesizedTypeNode(node) || ts.isOptionalTypeNode(node)) return this.#leaves(node.type, tags);
    if (ts.isTypeOperatorNode(node))
      return this.#leaves(node.type, tags).map((leaf) => ({ ...leaf, type: this.#checker.getTypeFromTypeNode(node) }));
    if (ts.isUnionTypeNode(node)) {
      const isChoice = node.types.filter((part) => !isNothing(part)).length > 1;
      return node.types.flatMap((part) => this.#leaves(part, isChoice && tags.length === 0 ? UNTOLD : tags));
    }
    if (ts.isTypeReferenceNode(node)) {
      const symbol = this.#checker.getSymbolAtLocation(node.typeName);
      const alias = symbol?.declarations?.find(ts.isTypeAliasDeclaration);
      if (alias && alias.getSourceFile() === this.#file) return this.#leaves(alias.type, [...tags, ...tagsOf(alias)]);
    }
    const type = this.#checker.getTypeFromTypeNode(node);
    const types = type.flags & ts.TypeFlags.Union ? type.types : [type];
    return types.map((type) => ({ type, node, tags }));
  }

  /** The name of a type that TypeScript's or Node's own declarations have. */
  #globalName(type) {
    const symbol = type.getSymbol();
    const isOwn =
      !symbol?.declarations || symbol.declarations.some((declaration) => declaration.getSourceFile() === this.#file);
    if (!isOwn) return symbol.name;
    // Node declares some classes by their constructor's type.
    return undefined;
  }
}

function tagsOf(node) {
  return ts.getJSDocTags(node).map((tag) => ({
    name: tag.tagName.text,
    text: (ts.getTextOfJSDocComment(tag.comment) ?? "").replaceAll("*\\/", "*/"),
  }));
}

/** Returns `true` if a type is null or undefined. */
const isNothing = (node) =>
  node.kind === ts.SyntaxKind.UndefinedKeyword ||
  (ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword);

function elementNode(node) {
  if (node && ts.isTypeOperatorNode(node)) return elementNode(node.type);
  return node && ts.isArrayTypeNode(node) ? node.elementType : undefined;
}

function tupleNodes(node) {
  if (!node || !ts.isTupleTypeNode(node)) return undefined;
  return node.elements.map((element) => (ts.isRestTypeNode(element) ? elementNode(element.type) : element));
}
