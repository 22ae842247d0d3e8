import { type Command, InvalidArgumentError } from 'commander'
import { jwksMaxAgeSeconds, jwksStaleSeconds, openKeys } from '../open-keys.ts'
import type { SigningKeyRecord } from '../tokens/key-record.ts'
import type { KeyRing } from '../tokens/signing-keys.ts'
import { parseDuration } from '../utils/duration.ts'
import { confirmRevocation } from './confirm.ts'
import { CommandFailure } from './failure.ts'
import { actAtDesk, type Desk, withDesk } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('The keys that sign access tokens.')
  examples(key, ['sallyport key list', 'sallyport key rotate', 'sallyport key revoke <kid>'])
  const list = key
    .command('list')
    .description('Show each key: pending (published, not signing yet), active, retiring, or revoked.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => withDesk((desk) => listKeys(desk, json === true)))
  examples(list, ['sallyport key list', 'sallyport key list --json'])
  addRotate(key)
  addRevoke(key)
}

function addRotate(key: Command): void {
  const rotate = key
    .command('rotate')
    .description('Publish a new key, which signs once every verifier can know it.')
    .option('--lead <duration>', 'publish it for so long first, for verifiers that keep keys longer', toLead)
    .option('--json', 'as JSON')
    .action(({ lead, json }: { lead?: number; json?: true }) =>
      actAtDesk((desk) => rotateKeys(desk, lead, json === true)),
    )
  examples(rotate, ['sallyport key rotate', 'sallyport key rotate --lead 2h'])
}

function addRevoke(key: Command): void {
  const revoke = key
    .command('revoke')
    .description('For a key that leaked: refuse every token that it signed, and sign with another at once.')
    .argument('<kid>', 'as sallyport key list shows it (after -- if it begins with a dash)')
    .option('--yes', 'without asking')
    .option('--no-input', 'never ask')
    .option('--json', 'as JSON')
    .action(async (kid: string, { yes, input, json }: { yes?: true; input: boolean; json?: true }) => {
      if (!yes) await confirmRevocation(kid, input)
      await actAtDesk((desk) => revokeKey(desk, kid, json === true))
    })
  examples(revoke, ['sallyport key list', 'sallyport key revoke <kid> --yes'])
}

/** A day at most: who read the keys is remembered for little longer. */
const longestLeadMs = 86_400_000

function toLead(text: string): number {
  const lead = parseDuration(text)
  if (lead !== undefined && lead >= (jwksMaxAgeSeconds + jwksStaleSeconds) * 1_000 && lead <= longestLeadMs) {
    return lead
  }
  throw new InvalidArgumentError(
    'Write a duration from 15m, which is how long caches may keep the keys anyway, to 24h.',
  )
}

async function listKeys({ stores, settings, clock }: Desk, json: boolean): Promise<void> {
  // A secret leaves the keys of another time unused; they come back with their mode.
  const records = settings.jwtSecret === undefined ? await stores.read.signingKeys.list() : []
  const keys = withStates(records, clock.now())
  if (json) return printJson({ keys })
  for (const { state, kid, algorithm, activeAt } of keys) {
    print(`${state.padEnd(8)} ${algorithm.padEnd(6)} signs from ${activeAt}  ${kid}`)
  }
  if (keys.length > 0) return
  tell(
    settings.jwtSecret === undefined
      ? 'No keys yet: the server makes the first one when it starts.'
      : 'JWT_SECRET signs the tokens (HS256). There are no keys to list.',
  )
}

type KeyView = {
  kid: string
  algorithm: string
  state: 'pending' | 'active' | 'retiring' | 'revoked'
  createdAt: string
  activeAt: string
  revokedAt?: string
}

function withStates(records: SigningKeyRecord[], now: number): KeyView[] {
  const active = records.findLastIndex(({ activeAt, revokedAt }) => activeAt <= now && revokedAt === null)
  const stateOf = (index: number) => (index > active ? 'pending' : index === active ? 'active' : 'retiring')
  return records.map(({ kid, algorithm, createdAt, activeAt, revokedAt }, index) => ({
    kid,
    algorithm,
    state: revokedAt === null ? stateOf(index) : 'revoked',
    createdAt: new Date(createdAt).toISOString(),
    // The one that stepped in for a revoked key has its place in time, which is before it was made.
    activeAt: new Date(Math.max(createdAt, activeAt)).toISOString(),
    ...(revokedAt === null ? {} : { revokedAt: new Date(revokedAt).toISOString() }),
  }))
}

async function rotateKeys(desk: Desk, leadMs: number | undefined, json: boolean): Promise<void> {
  const ring = await openRing(desk)
  const { kid, activeAt, added } = await inWords(ring.rotate(leadMs))
  const signsFrom = new Date(activeAt).toISOString()
  if (json) return printJson({ kid, activeAt: signsFrom, added })
  print(kid)
  tell(
    added
      ? `Published. It signs from ${signsFrom}, when every verifier can know it, or as soon as all are known to; tokens of the old key stay good.`
      : `Nothing added: this key is published already and signs from ${signsFrom}.`,
  )
}

async function revokeKey(desk: Desk, kid: string, json: boolean): Promise<void> {
  const ring = await openRing(desk)
  const { found, added, signs } = await inWords(ring.revoke(kid))
  if (found === 'nothing') throw new CommandFailure(`No key has the kid ${kid}. See: sallyport key list`)
  if (json) return printJson({ kid, changed: found === 'live', signs, added })
  print(signs)
  tell(
    found === 'live'
      ? `Revoked: ${kid}. Servers refuse its tokens within a second, and APIs that read the revocations within two. ${signs} signs now; sessions go on.`
      : `Revoked already: ${kid}. ${signs} signs.`,
  )
}

function openRing({ settings, stores, clock, keysFor }: Desk): Promise<KeyRing> {
  return openKeys(settings, stores, clock, keysFor('signing keys'))
}

/** Of JWT_SECRET the ring says best what can't be done. */
async function inWords<Result>(act: Promise<Result>): Promise<Result> {
  return act.catch((reason: Error) => {
    throw reason.message.startsWith('JWT_SECRET') ? new CommandFailure(`${reason.message}.`) : reason
  })
}
