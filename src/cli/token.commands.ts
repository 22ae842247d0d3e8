import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { Settings } from '../config/settings.ts'
import { judgeToken } from '../tokens/judge-token.ts'
import { type ReadToken, readToken, type TokenFault } from '../tokens/read-token.ts'
import { createSharedSecretKeys } from '../tokens/signing-keys.ts'
import { CommandFailure, exitCodes } from './failure.ts'
import { interruptible } from './interrupt.ts'
import { readOperatorSettings } from './open-desk.ts'
import { coloured, examples, print, printJson, tell } from './output.ts'
import { toTargetUrl } from './target-url.ts'
import { fetchKeys } from './token/fetch-keys.ts'
import { tokenWords } from './token/words.ts'
import { createVisitor } from './visitor.ts'

type VerifyOptions = { issuer?: string; audience?: string; json?: true }

export function addTokenCommands(program: Command): void {
  const token = program
    .command('token')
    .description('What an access token claims, and why it would be refused.')
  examples(token, ['pbpaste | sallyport token decode', 'sallyport token verify token.txt'])
  const decode = token
    .command('decode')
    .description(
      'Say in words what a token claims. Offline: nothing is verified, and nothing leaves this machine.',
    )
    .argument('[file]', 'a file that holds the token, or - for standard input', toSource, '-')
    .option('--json', 'as JSON')
    .action(decodeToken)
  examples(decode, [
    'pbpaste | sallyport token decode',
    'sallyport token decode token.txt --json | jq .claims',
  ])
  const verify = token
    .command('verify')
    .description('Verify a token with the keys of its issuer, and say every reason why it would be refused.')
    .argument('[file]', 'a file that holds the token, or - for standard input', toSource, '-')
    .option(
      '--issuer <url>',
      'who has to have issued it; PUBLIC_URL of the settings here without it',
      toTargetUrl,
    )
    .option('--audience <name>', 'who has to accept it; TOKEN_AUDIENCE of the settings here, or the issuer')
    .option('--json', 'as JSON')
    .action(verifyToken)
  examples(verify, [
    'pbpaste | sallyport token verify',
    'sallyport token verify token.txt --issuer https://auth.example --audience https://api.example',
  ])
}

/** Arguments are in the history of the shell and in the list of processes: no place for a token. */
function toSource(text: string): string {
  if (!/^(ey[\w-]+\.|srt_)/.test(text)) return text
  // No error of commander's own: that would repeat it.
  throw new CommandFailure('A token is a secret: pipe it in, or put it into a file.', exitCodes.usage)
}

async function decodeToken(file: string, { json }: { json?: true }): Promise<void> {
  const read = readToken(await readSource(file))
  const now = Date.now()
  if ('unreadable' in read) return refuse([read.unreadable], json === true, {})
  const { header, claims, faults } = read
  const words = tokenWords(read, now)
  if (json) return printJson({ header, claims, expiresIn: secondsLeft(read, now), words, faults })
  print(`It ${words.join('\n   ')}`)
  for (const { says, fix } of faults) print(`${coloured('yellow', 'warn')}  ${says} ${fix}`)
  tell('Nothing of this was verified: sallyport token verify does that.')
}

async function verifyToken(file: string, options: VerifyOptions): Promise<void> {
  const read = readToken(await readSource(file))
  const json = options.json === true
  if ('unreadable' in read) return refuse([read.unreadable], json, {})
  const settings = options.issuer === undefined ? readOperatorSettings().settings : undefined
  const url = options.issuer ?? settings?.publicUrl ?? ''
  const faults = await interruptible((signal) => findFaults(read, url, options, settings, signal))
  const about = { issuer: url, header: read.header, claims: read.claims }
  if (faults.length > 0) return refuse(faults, json, about)
  const words = tokenWords(read, Date.now())
  if (json)
    return printJson({ ok: true, ...about, expiresIn: secondsLeft(read, Date.now()), words, faults: [] })
  print(`${coloured('green', 'good')}  ${url} would accept it. It ${words.join('\n      ')}`)
}

async function findFaults(
  read: ReadToken,
  url: string,
  { audience }: VerifyOptions,
  settings: Settings | undefined,
  signal: AbortSignal,
): Promise<TokenFault[]> {
  const open = (base: string) => createVisitor(base, { signal })
  const jwks = await fetchKeys(open(url), url, open)
  const secret = settings?.jwtSecret
  const faults = await judgeToken(read, {
    // Who was asked, not who answered: they differ where PUBLIC_URL is wrong, and verifiers compare with what they were told.
    issuer: url,
    audience: audience ?? settings?.tokenAudience ?? url,
    jwks,
    ...(secret === undefined
      ? {}
      : { secret: (kid: string) => createSharedSecretKeys(secret).verifier(kid) }),
    nowMs: Date.now(),
  })
  if (faults.length > 0) return faults
  // Only now, when the issuer is known to have made it itself: nobody else gets to see the token.
  const check = await open(url).request('GET', '/auth/check', { bearer: read.token })
  return check.status === 401 ? [sessionEnded] : []
}

const sessionEnded: TokenFault = {
  code: 'session_ended',
  says: 'Signature and claims are right, and the server refuses it still: its session has ended, or the account changed.',
  fix: 'Log in again. Services that verify by the keys alone accept it until it expires.',
}

function refuse(faults: TokenFault[], json: boolean, about: object): void {
  process.exitCode = exitCodes.failed
  if (json) {
    printJson({ ok: false, ...about, faults })
    return
  }
  for (const { code, says, fix } of faults) {
    print(`${coloured('red', 'refused')}  ${code}: ${says}`)
    print(`   fix   ${fix}`)
  }
}

function secondsLeft({ claims }: ReadToken, nowMs: number): number | null {
  return typeof claims.exp === 'number' ? Math.round(claims.exp - nowMs / 1_000) : null
}

async function readSource(file: string): Promise<string> {
  if (file === '-' && process.stdin.isTTY) tell('Paste the token, then Enter and Ctrl-D.')
  if (file === '-') return readAll(process.stdin)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new CommandFailure(`${file} is no file that can be read here.`, exitCodes.usage)
  }
}
