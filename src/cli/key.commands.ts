import type { Command } from 'commander'
import { openKeys } from '../open-stores.ts'
import type { SigningKeyRecord } from '../tokens/key-record.ts'
import type { KeyRing } from '../tokens/signing-keys.ts'
import { CommandFailure } from './failure.ts'
import { actAtDesk, type Desk, withDesk } from './open-desk.ts'
import { examples, print, printJson, tell } from './output.ts'

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('The keys that sign access tokens.')
  examples(key, ['sallyport key list', 'sallyport key rotate'])
  const list = key
    .command('list')
    .description('Show each key: pending (published, not signing yet), active, or retiring.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => withDesk((desk) => listKeys(desk, json === true)))
  examples(list, ['sallyport key list', 'sallyport key list --json'])
  const rotate = key
    .command('rotate')
    .description('Publish a new key, which signs once every verifier can know it.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => actAtDesk((desk) => rotateKeys(desk, json === true)))
  examples(rotate, ['sallyport key rotate'])
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
  state: 'pending' | 'active' | 'retiring'
  createdAt: string
  activeAt: string
}

function withStates(records: SigningKeyRecord[], now: number): KeyView[] {
  const active = records.findLastIndex(({ activeAt }) => activeAt <= now)
  return records.map(({ kid, algorithm, createdAt, activeAt }, index) => ({
    kid,
    algorithm,
    state: index > active ? 'pending' : index === active ? 'active' : 'retiring',
    createdAt: new Date(createdAt).toISOString(),
    activeAt: new Date(activeAt).toISOString(),
  }))
}

async function rotateKeys(desk: Desk, json: boolean): Promise<void> {
  const { settings, stores, clock, keysFor } = desk
  const ring = await openKeys(settings, stores, clock, keysFor('signing keys'))
  if (settings.jwtSecret !== undefined) return refuseRotation(ring)
  const { kid, activeAt, added } = await ring.rotate()
  const signsFrom = new Date(activeAt).toISOString()
  if (json) return printJson({ kid, activeAt: signsFrom, added })
  print(kid)
  tell(
    added
      ? `Published. It signs from ${signsFrom}, when every verifier can know it; tokens of the old key stay good.`
      : `Nothing added: this key is published already and signs from ${signsFrom}.`,
  )
}

/** The ring says it best. */
async function refuseRotation(ring: KeyRing): Promise<void> {
  await ring.rotate().catch((reason: Error) => {
    throw new CommandFailure(`${reason.message}.`)
  })
}
