import { sayDuration } from '../../utils/duration.ts'
import { type Finding, fail, ok } from './finding.ts'

/** What two servers may be apart is a minute (F-CLOCK-02): half of it is left for the third. */
const greatestMs = 30_000

export function checkClock(check: string, whose: string, theirsMs: number, oursMs: number): Finding {
  const apartMs = theirsMs - oursMs
  if (Math.abs(apartMs) <= greatestMs) return ok(check, `${whose} and this machine agree`)
  const which = apartMs > 0 ? 'ahead of' : 'behind'
  const says = `the clock of ${whose} is ${sayDuration(Math.abs(apartMs))} ${which} this machine's`
  return fail(check, says, 'Set both by NTP (timedatectl set-ntp true): codes and tokens live by the clock.')
}
