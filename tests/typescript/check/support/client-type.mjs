import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { Shapes } from "./shapes.mjs";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..");
const CLIENT = join(FOLDER, "..", "client.ts");

const { config } = ts.readConfigFile(join(FOLDER, "tsconfig.json"), ts.sys.readFile);
const { options, errors } = ts.convertCompilerOptionsFromJson(config.compilerOptions, FOLDER);
if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, ts.createCompilerHost(options)));

/** A program of the client's file and others, which are given as text by their names beside the tests. */
function programOf(texts = {}) {
  const host = ts.createCompilerHost(options);
  const own = new Map(Object.entries(texts).map(([name, text]) => [join(FOLDER, name), text]));
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => own.has(path) || fileExists.call(host, path);
  host.readFile = (path) => own.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    own.has(path) ? ts.createSourceFile(path, own.get(path), ...rest) : getSourceFile.call(host, path, ...rest);
  return ts.createProgram([CLIENT, ...own.keys()], options, host);
}

/**
 * The procedures of the client's type, each with the shapes of what it takes and gives:
 * `[{ path, input, output }]`.
 */
export function procedures() {
  const program = programOf();
  const file = program.getSourceFile(CLIENT);
  const client = file.statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === "Client",
  );
  const shapes = new Shapes(program, file);
  const found = [];
  const visit = (node, path) => {
    if (ts.isTypeLiteralNode(node)) {
      for (const member of node.members) visit(member.type, [...path, member.name.text]);
      return;
    }
    const [, input, output] = node.typeArguments;
    found.push({ path, input: shapes.of(input), output: shapes.of(output) });
  };
  visit(client.type, []);
  return found;
}

/**
 * Tells of expressions if TypeScript takes them as inputs or outputs of the procedures of these paths:
 * `[{ path, side, expression }]` to `[boolean]`.
 */
export function accepted(cases) {
  const head = [
    `import type { Client as ProcedureClient } from "@orpc/client";`,
    `import type { Client } from "../client.js";`,
    `type Of<P> = P extends ProcedureClient<any, infer I, infer O, any> ? { input: I; output: O } : never;`,
  ];
  const lines = cases.map(({ path, side, expression }, index) => {
    const procedure = path.map((name) => `[${JSON.stringify(name)}]`).join("");
    return `export const v${index}: Of<Client${procedure}>["${side}"] = ${expression};`;
  });
  const program = programOf({ "cases.ts": [...head, ...lines].join("\n") });
  const file = program.getSourceFile(join(FOLDER, "cases.ts"));
  const syntax = program.getSyntacticDiagnostics(file);
  if (syntax.length > 0) throw new Error(ts.formatDiagnostics(syntax, ts.createCompilerHost(options)));
  const taken = cases.map(() => true);
  for (const { start } of program.getSemanticDiagnostics(file)) {
    const line = file.getLineAndCharacterOfPosition(start).line - head.length;
    if (line < 0) throw new Error("the head has errors");
    taken[line] = false;
  }
  return taken;
}
