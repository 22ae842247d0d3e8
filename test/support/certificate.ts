import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './child-processes.ts'

export type Certificate = {
  key: Buffer
  cert: Buffer
  /** For NODE_EXTRA_CA_CERTS of a process that should trust it. */
  file: string
}

/** A self-signed certificate for these names, valid from now for two days (or expired: `days` 0). */
export function createCertificate(names: string[] = ['localhost', '127.0.0.1'], days = 2): Certificate {
  const directory = temporaryDirectory('certificate')
  const [keyFile, file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')
  const options = [
    ...[
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      String(days),
    ],
    ...['-subj', '/CN=Sallyport tests', '-addext', `subjectAltName=${alternatives}`],
  ]
  execFileSync('openssl', ['req', ...options, '-keyout', keyFile, '-out', file], { stdio: 'ignore' })
  return { key: readFileSync(keyFile), cert: readFileSync(file), file }
}
