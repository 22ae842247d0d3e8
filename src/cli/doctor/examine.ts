import type { Settings } from '../../config/settings.ts'
import type { Database } from '../../stores/database.ts'
import { openDatabase } from '../../stores/stores.ts'
import { type Desk, deskOver } from '../open-desk.ts'
import { createVisitor, type Visitor } from '../visitor.ts'
import { checkDiscovery, notAsked } from './check-discovery.ts'
import { checkKeys, checkTrail } from './check-keys.ts'
import { checkLogin } from './check-login.ts'
import { checkMail } from './check-mail.ts'
import { checkOrigin } from './check-origin.ts'
import { checkServer } from './check-server.ts'
import { checkSettings } from './check-settings.ts'
import { checkStore, missingStore, noStore } from './check-store.ts'
import { type Finding, ofMessage, unknown } from './finding.ts'
import { withThrowaway } from './throwaway.ts'

export type Examination = {
  /** PUBLIC_URL unless said. */
  url: string | undefined
  origin: string | undefined
  signal: AbortSignal
  tell: (...findings: Finding[]) => void
}

/** From the settings outwards, so that the first failure is most likely the cause of those below it. */
export async function examine(wanted: Examination): Promise<{ url: string; isReachable: boolean }> {
  const { tell, signal } = wanted
  const { findings, settings, hasSecret } = checkSettings()
  tell(...findings)
  const url = wanted.url ?? settings?.publicUrl ?? 'http://localhost:5000'
  const database = settings ? openStore(settings, tell) : undefined
  if (!settings) tell(unknown('store', 'needs settings without a mistake'))
  try {
    const store = database ? await checkStore(database) : undefined
    if (store) tell(...store.findings)
    const isUsable = store?.isWhole === true && hasSecret
    const desk =
      database && settings && isUsable ? await openTrustedDesk(settings, database, tell) : undefined
    if (!isUsable) tell(noStore('keys'))
    if (settings) tell(await checkMail(settings, signal))
    const isUp = await examineServer({ ...wanted, url }, settings, desk)
    return { url, isReachable: isUp || store?.isReachable === true }
  } finally {
    await database?.close()
  }
}

/** `undefined` with another secret than the server's: what that signs would look forged in the audit trail. */
async function openTrustedDesk(
  settings: Settings,
  database: Database,
  tell: Examination['tell'],
): Promise<Desk | undefined> {
  const desk = deskOver(settings, database)
  const findings = await checkKeys(settings, desk.stores, desk.keysFor('signing keys'))
  findings.push(await checkTrail(desk.stores))
  tell(...findings)
  return findings.some(({ state }) => state === 'fail') ? undefined : desk
}

function openStore(settings: Settings, tell: Examination['tell']): Database | undefined {
  const missing = missingStore(settings)
  if (missing) {
    tell(missing)
    return undefined
  }
  try {
    return openDatabase(settings.database, { sync: settings.databaseSync, onFault: () => {} })
  } catch (reason) {
    tell(ofMessage('store', (reason as Error).message))
    return undefined
  }
}

type ServerExamination = Examination & { url: string }

async function examineServer(
  wanted: ServerExamination,
  settings: Settings | undefined,
  desk: Desk | undefined,
): Promise<boolean> {
  const { url, origin, signal, tell } = wanted
  const open = (base: string) => createVisitor(base, { signal })
  const { findings, isUp } = await checkServer(open(url), url)
  tell(...findings)
  if (!isUp) {
    tell(notAsked('discovery'), notAsked('login'))
    return findings.some(({ check }) => check === 'clock')
  }
  tell(...(await checkDiscovery(open, url, settings)))
  if (origin !== undefined) tell(...(await checkOrigin(open(url), origin, url)))
  if (desk) tell(...(await examineLogin(wanted, desk)))
  else tell(unknown('login', 'needs the store and the SESSION_SECRET of the server'))
  return true
}

function examineLogin({ url, origin, signal }: ServerExamination, desk: Desk): Promise<Finding[]> {
  const visitor: Visitor = createVisitor(url, { signal, ...(origin && { headers: { origin } }) })
  return withThrowaway(desk, (account) =>
    checkLogin({ visitor, url, origin, settings: desk.settings, account }),
  )
}
