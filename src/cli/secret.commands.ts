import type { Command } from 'commander'
import { createSecret } from '../utils/secret.ts'
import { examples, print, printJson } from './output.ts'

export function addSecretCommand(program: Command): void {
  const secret = program
    .command('secret')
    .description('Print a fresh secret, for SESSION_SECRET or JWT_SECRET.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) => {
      const value = createSecret()
      if (json) printJson({ secret: value })
      else print(value)
    })
  examples(secret, ['sallyport secret', 'echo "SESSION_SECRET=$(sallyport secret)" >> .env'])
}
