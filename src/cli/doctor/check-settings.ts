import { judgeSettings, type Settings } from '../../config/settings.ts'
import { hasOwnSecret, loadEnvironment } from '../open-desk.ts'
import { type Finding, ofNotice, ok } from './finding.ts'

/** As the server would read them here; `undefined` settings where it would not start. */
export function checkSettings(): { findings: Finding[]; settings?: Settings; hasSecret: boolean } {
  loadEnvironment()
  const { settings, mistakes, warnings } = judgeSettings(process.env, 'development')
  const production = judgeSettings({ ...process.env, NODE_ENV: 'production' }, 'production')
  const findings: Finding[] = [
    ...mistakes.map((notice) => ofNotice('settings', 'fail', notice)),
    ...warnings.map((notice) => ofNotice('settings', 'warn', notice)),
  ]
  const told = new Set([...mistakes, ...warnings].map(({ name }) => name))
  if (findings.length === 0) findings.push(ok('settings', `read as ${settings.mode}, without a mistake`))
  // What production refuses is a mistake where it is production, and news where it isn't yet.
  const refusals = production.mistakes.filter(({ name }) => !told.has(name))
  findings.push(...refusals.map((notice) => ofNotice('production', 'warn', notice)))
  if (production.mistakes.length === 0) findings.push(ok('production', 'would start with these settings'))
  const hasSecret = hasOwnSecret()
  return mistakes.length > 0 ? { findings, hasSecret } : { findings, settings, hasSecret }
}
