// The docblocks of what doors export, read as a user's editor reads them, and judged.
import ts from 'typescript'

/** A door to read. */
export interface Door {
  readonly file: string
  /** As sentences call it: `@sluice/http/parser`. */
  readonly label: string
  /** Whether it is a Python door, see below. */
  readonly isPython: boolean
}

/**
 * What a docblock owes to whoever reads it in a hover (parameters, errors, source), as rules that a machine can judge.
 * It judges that something is said, not that it is good.
 *
 * 1. Every name, every member of a class or an interface has a sentence of its own. Exempt: long lists of numeric
 *    constants; members that a base, an implemented interface or the web's own class documents.
 * 2. Functions and methods, constructors too, have a `@param` for each parameter; for an options object one is enough,
 *    since its fields have rule 1. What is evident in the code is not evident in a hover. Exempt: a parameter of a
 *    constructor that becomes the member of its name, which has rule 1.
 *    An interface's methods owe it when a class of ours takes its docblocks from there; those that a user implements
 *    are told by a sentence (rule 1).
 * 3. The same say how they fail: `@throws`, or the words "Never throws" or "Never rejects". Exempt is what has nothing
 *    to say there: accessors, `ref()` and `unref()`, members named by a symbol (the language says what those do),
 *    constructors, and guards.
 * 4. Exported functions name where they come from: `@see` with an RFC, a manual page, a standard's section, Python's
 *    name for it, or what it is the other half of. Guards are exempt: they belong to the class that their type names.
 *
 * The Python doors owe only rule 1: a name there is Python's, with Python's parameters and exceptions, and
 * docs/python.md lists every one.
 */
export class Docblocks {
  /** What is missing, a sentence each. */
  readonly problems: string[] = []
  /** The code of every `@example`, and where it stands. */
  readonly examples: { at: string; code: string }[] = []
  /** How many names were looked at. */
  get names(): number {
    return this.#names
  }
  readonly #checker: ts.TypeChecker
  readonly #exported: ReadonlySet<ts.Symbol>
  readonly #seen = new Set<ts.Symbol>()
  #names = 0

  /**
   * @param program holds every door
   * @param doors path of each, and how it is called in sentences
   */
  constructor(program: ts.Program, doors: readonly Door[]) {
    this.#checker = program.getTypeChecker()
    const modules = doors.map(({ file }) => {
      const source = program.getSourceFile(file)
      const module = source && this.#checker.getSymbolAtLocation(source)
      return module ? this.#checker.getExportsOfModule(module) : []
    })
    this.#exported = new Set(modules.flat().map((symbol) => this.#resolved(symbol)))
    for (const [i, { label, isPython }] of doors.entries())
      for (const exported of modules[i] ?? [])
        this.#visit(`${label} ${exported.name}`, exported, isPython)
  }

  #resolved(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  #visit(label: string, exported: ts.Symbol, isPython: boolean): void {
    const symbol = this.#resolved(exported)
    if (this.#seen.has(symbol)) return
    this.#seen.add(symbol)
    this.#names++
    this.#checkSymbol(label, symbol, isPython)
  }

  #checkSymbol(label: string, symbol: ts.Symbol, isPython: boolean): void {
    const [declaration] = symbol.declarations ?? []
    if (declaration === undefined) return
    if (ts.isSourceFile(declaration) || ts.isNamespaceExport(declaration)) {
      // A module of Python's, as a namespace.
      for (const member of this.#checker.getExportsOfModule(symbol))
        this.#visit(`${label}.${member.name}`, member, isPython)
      return
    }
    if (isNumericConstant(declaration)) return
    this.#checkDoc(label, symbol)
    if (isPython) return
    if (symbol.flags & ts.SymbolFlags.Function) {
      this.#checkCall(label, symbol)
      if (!this.#tagsOf(symbol).has('see') && !isGuard(symbol))
        this.problems.push(`${label}: no @see`)
    }
    if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration))
      for (const member of declaration.members) this.#checkMember(label, member)
  }

  #checkMember(label: string, member: ts.ClassElement | ts.TypeElement): void {
    const modifiers = ts.getCombinedModifierFlags(member)
    if (modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return
    if (ts.getJSDocTags(member).some((tag) => tag.tagName.text === 'internal')) return
    if (ts.isConstructorDeclaration(member)) {
      if (this.#inherited(member)) return
      const members = (member.parent.members as ts.NodeArray<ts.ClassElement>).map(
        ({ name }) => name?.getText() ?? '',
      )
      const tags = tagsOfNode(member)
      tags.get('param')?.push(...members)
      this.#checkParameters(`new ${label}`, member, tags)
      return
    }
    if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return
    const symbol = this.#checker.getSymbolAtLocation(member.name)
    if (symbol === undefined) return
    const name = `${label}.${member.name.getText()}`
    if (this.#inherited(member)) {
      this.#checkBase(name, member)
      return
    }
    this.#checkDoc(name, symbol)
    if (ts.isMethodDeclaration(member)) this.#checkCall(name, symbol)
  }

  /** A method of an interface of ours is told by the class that has it, or, where that is silent, by the interface. */
  #checkBase(label: string, member: ts.ClassElement | ts.TypeElement): void {
    if (!ts.isMethodDeclaration(member) || !ts.isClassDeclaration(member.parent)) return
    for (const base of (member.parent.heritageClauses ?? []).flatMap(({ types }) => types)) {
      const type = this.#checker.getTypeAtLocation(base)
      const symbol = this.#checker.getPropertyOfType(type, member.name.getText())
      if (symbol === undefined || !type.symbol || !this.#exported.has(type.symbol)) continue
      const own = this.#checker.getSymbolAtLocation(member.name)
      if (own !== undefined && ts.getJSDocCommentsAndTags(member).length > 0) {
        this.#checkDoc(label, own)
        this.#checkCall(label, own)
      } else if (!this.#seen.has(symbol))
        this.#checkCall(`${base.getText()}.${symbol.name}`, symbol)
      this.#seen.add(symbol)
    }
  }

  /** A member that another type already documents: an implemented interface, the platform's class, Error. */
  #inherited(member: ts.ClassElement | ts.TypeElement): boolean {
    const { parent } = member
    if (!ts.isClassDeclaration(parent)) return false
    // Our Request, Response and Headers have the members of the web's, which are documented there.
    if (['Request', 'Response', 'Headers'].includes(parent.name?.text ?? '')) return true
    if (ts.isConstructorDeclaration(member)) return false
    if (ts.getCombinedModifierFlags(member as ts.Declaration) & ts.ModifierFlags.Override)
      return true
    const name = member.name?.getText() ?? ''
    const bases = (parent.heritageClauses ?? []).flatMap((clause) => clause.types)
    return bases.some(
      (base) =>
        this.#checker.getPropertyOfType(this.#checker.getTypeAtLocation(base), name) !== undefined,
    )
  }

  #checkDoc(label: string, symbol: ts.Symbol): void {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).trim()
    const tags = symbol.getJsDocTags(this.#checker)
    if (text === '' && tags.length === 0) this.problems.push(`${label}: no docblock`)
    for (const tag of tags)
      if (tag.name === 'example')
        this.examples.push({ at: label, code: ts.displayPartsToString(tag.text) })
  }

  /** Rules 2 and 3. Where there are several signatures, a parameter may be told at any of them. */
  #checkCall(label: string, symbol: ts.Symbol): void {
    const tags = this.#tagsOf(symbol)
    for (const declaration of symbol.declarations ?? [])
      if (ts.isFunctionLike(declaration) && !isImplementation(declaration, symbol))
        this.#checkParameters(label, declaration, tags)
    const text = [ts.displayPartsToString(symbol.getDocumentationComment(this.#checker))]
      .concat(...tags.values())
      .join('\n')
    const told = tags.has('throws') || /\bnever\s+(throws|rejects)\b/i.test(text)
    if (!told && !saysItAll(symbol)) this.problems.push(`${label}: does not say how it fails`)
  }

  #checkParameters(
    label: string,
    declaration: ts.SignatureDeclaration,
    tags: ReadonlyMap<string, readonly string[]>,
  ): void {
    for (const { name } of declaration.parameters) {
      const known = ts.isIdentifier(name) ? name.text : 'options'
      const told = tags.get('param')?.some((text) => new RegExp(`^${known}\\b`).test(text))
      const problem = `${label}: no @param ${known}`
      if (!told && !this.problems.includes(problem)) this.problems.push(problem)
    }
  }

  /** The tags of a docblock with their texts, parameters as `name text`. */
  #tagsOf(symbol: ts.Symbol): Map<string, string[]> {
    const tags = new Map<string, string[]>()
    for (const { name, text } of symbol.getJsDocTags(this.#checker))
      tags.set(name, [...(tags.get(name) ?? []), ts.displayPartsToString(text)])
    return tags
  }
}

function isNumericConstant(declaration: ts.Declaration): boolean {
  return (
    ts.isVariableDeclaration(declaration) &&
    declaration.initializer !== undefined &&
    ts.isNumericLiteral(declaration.initializer)
  )
}

/** The body of an overloaded function, which nobody sees. */
function isImplementation(declaration: ts.Declaration, symbol: ts.Symbol): boolean {
  const several = (symbol.declarations ?? []).filter(ts.isFunctionLike).length > 1
  return several && (declaration as ts.FunctionDeclaration).body !== undefined
}

/** What is exempt from rule 3. */
function saysItAll(symbol: ts.Symbol): boolean {
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined || !ts.isFunctionLike(declaration)) return true
  const { name } = declaration
  if (name !== undefined && ts.isComputedPropertyName(name)) return true
  return /^(ref|unref)$/.test(symbol.name) || isGuard(symbol)
}

/** Whether a function tells only what a value is: `value is NetError`. */
function isGuard(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (node) =>
      ts.isFunctionLike(node) && node.type !== undefined && ts.isTypePredicateNode(node.type),
  )
}

function tagsOfNode(node: ts.Node): Map<string, string[]> {
  const names = ts.getJSDocTags(node).filter(ts.isJSDocParameterTag)
  return new Map([['param', names.map((tag) => tag.name.getText())]])
}
