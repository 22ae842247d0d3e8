import type { Row, Run, Value } from './database.ts'

export type ImportedAccount = {
  id: string
  email: string
  passwordHash: string
  createdAt: number
  disabledAt: number | null
  /** The JSON text of an object. */
  claims: string
}

export type AccountImports = ReturnType<typeof accountImportsOver>

/** Accounts by the hundred. The statements have one text each, however many accounts they are given: both engines keep them prepared. */
export function accountImportsOver(run: Run) {
  return {
    /** The ids by address of those that were created: the others have an address, or an id, that is taken. */
    async createAll(accounts: ImportedAccount[]): Promise<Map<string, string>> {
      const created = new Map<string, string>()
      const whole = accounts.length - (accounts.length % piece)
      const pieces = [
        ...piecesOf(accounts.slice(0, whole), piece),
        ...accounts.slice(whole).map((account) => [account]),
      ]
      for (const accountsOfPiece of pieces) {
        const statement = accountsOfPiece.length === piece ? insertPiece : insertOne
        const rows = await run(statement, accountsOfPiece.flatMap(toValues))
        for (const row of rows) created.set(row.email as string, row.id as string)
      }
      return created
    },

    /** The ids of the accounts that have these addresses. */
    async findIds(emails: string[]): Promise<Map<string, string>> {
      const rows = await inPieces(emails, (values) => run(selectByEmail, values))
      return new Map(rows.map((row) => [row.email as string, row.id as string]))
    },

    async findTakenIds(ids: string[]): Promise<Set<string>> {
      const rows = await inPieces(ids, (values) => run(selectById, values))
      return new Set(rows.map((row) => row.id as string))
    },
  }
}

const piece = 100
const columns = 7

const insertOne = insertOf(1)
const insertPiece = insertOf(piece)
const selectByEmail = `select id, email from accounts where email in (${parameters(0, piece)})`
const selectById = `select id from accounts where id in (${parameters(0, piece)})`

function insertOf(rows: number): string {
  const values = Array.from({ length: rows }, (_, row) => `(${parameters(row * columns, columns)})`)
  return `insert into accounts (id, email, password_hash, created_at, disabled_at, claims, first_login_at) values ${values.join(', ')}
    on conflict do nothing returning id, email`
}

function parameters(after: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `?${after + index + 1}`).join(', ')
}

function toValues({ id, email, passwordHash, createdAt, disabledAt, claims }: ImportedAccount): Value[] {
  // As if it had logged in: whoever comes first from a new browser is told to its owner.
  return [id, email, passwordHash, createdAt, disabledAt, claims, createdAt]
}

/** The last piece is filled up with what nothing is called. */
async function inPieces(names: string[], select: (values: string[]) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for (const values of piecesOf(names, piece)) {
    rows.push(...(await select([...values, ...Array<string>(piece - values.length).fill('')])))
  }
  return rows
}

function piecesOf<Item>(items: Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
